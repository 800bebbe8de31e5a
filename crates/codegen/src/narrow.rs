//! Keys and values that a guest has in another layout: `long` and pointers have 4 bytes there, and 8 in the kernel.
//!
//! Sources for native libbpf share structs with `size_t` and the like with their BPF programs. A guest's compiler lays
//! such a struct out with smaller members; what has to be copied from where to where is found here, from the BPF side's
//! types and the rules of C for wasm32.

use crate::error::Result;
use crate::layout::{Item, Layouts};
use crate::model::*;

/// Elements of more parts are left as they are.
const MAX_PIECES: usize = 1024;
/// Types nested deeper than this are left as they are.
const MAX_DEPTH: usize = 32;
/// Bytes of a `long` or a pointer in a guest.
const NARROW: u32 = 4;

/// How a guest has a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Narrow {
    /// Bytes.
    pub(crate) size: u32,
    /// In the order of their places.
    pub(crate) pieces: Vec<Piece>,
}

/// A part of a type, in bytes from its start on either side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) wide_at: u32,
    pub(crate) narrow_at: u32,
    /// On the BPF side.
    pub(crate) size: u32,
    pub(crate) kind: PieceKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PieceKind {
    /// The same bytes on both sides.
    Bytes,
    /// A `long`.
    Signed,
    /// An `unsigned long`.
    Unsigned,
    /// Read as an `unsigned long`. Of keys they come back whole, of values as halves.
    Pointer,
}

/// The guest's layout of a struct or an array; `None` where it is the same, where it is a single number, or where no rule
/// of C tells it (bit-fields beside a `long`, unions of it, members with alignments of their own). `longs` is whether `long` is narrower there.
pub(crate) fn narrow(btf: &Btf<'_>, id: TypeId, longs: bool) -> Result<Option<Narrow>> {
    let id = btf.resolved(id)?;
    if !matches!(btf.kind(id), Kind::Record(_) | Kind::Array { .. }) {
        return Ok(None);
    }
    let mut walk = Walk { btf, longs, layouts: Layouts::new(btf), pieces: Vec::new() };
    if !walk.is_narrower(id, 0)? {
        return Ok(None);
    }
    let placed = walk.place(id, (0, 0), 0)?;
    // The sizes are kept in 16 bits.
    let fits = |piece: &Piece| piece.wide_at + piece.size <= u32::from(u16::MAX);
    Ok(placed.filter(|_| walk.pieces.iter().all(fits)).map(|(size, _)| Narrow { size, pieces: walk.pieces }))
}

/// Whether a value of this type has a `long` or a pointer in it.
pub(crate) fn is_narrower(btf: &Btf<'_>, id: TypeId) -> Result<bool> {
    Walk { btf, longs: true, layouts: Layouts::new(btf), pieces: Vec::new() }.is_narrower(id, 0)
}

struct Walk<'a> {
    btf: &'a Btf<'a>,
    longs: bool,
    layouts: Layouts<'a>,
    pieces: Vec<Piece>,
}

impl Walk<'_> {
    /// Whether a value of this type has a `long` or a pointer in it.
    fn is_narrower(&self, id: TypeId, depth: usize) -> Result<bool> {
        let id = self.btf.resolved(id)?;
        if depth > MAX_DEPTH {
            return Ok(false);
        }
        Ok(match self.btf.kind(id) {
            Kind::Int(int) => self.longs && is_long(self.btf.get(id).name, *int),
            Kind::Pointer(_) => true,
            Kind::Array { element, count } => *count != 0 && self.is_narrower(*element, depth + 1)?,
            Kind::Record(record) => {
                for member in &record.members {
                    if self.is_narrower(member.ty, depth + 1)? {
                        return Ok(true);
                    }
                }
                false
            }
            _ => false,
        })
    }

    /// Adds the pieces of a value at these places (wide, narrow); its size and alignment in a guest.
    fn place(&mut self, id: TypeId, at: (u32, u32), depth: usize) -> Result<Option<(u32, u32)>> {
        let id = self.btf.resolved(id)?;
        if depth > MAX_DEPTH || self.pieces.len() > MAX_PIECES {
            return Ok(None);
        }
        if !self.is_narrower(id, depth)? {
            let size = self.btf.size_of(id)? as u32;
            self.add(Piece { wide_at: at.0, narrow_at: at.1, size, kind: PieceKind::Bytes });
            return Ok(Some((size, self.layouts.align_of(id)?)));
        }
        match self.btf.kind(id) {
            Kind::Int(int) => {
                Ok(Some(self.number(at, if int.signed { PieceKind::Signed } else { PieceKind::Unsigned })))
            }
            Kind::Pointer(_) => Ok(Some(self.number(at, PieceKind::Pointer))),
            Kind::Array { element, count } => self.array(*element, *count, at, depth),
            Kind::Record(record) if !record.union => self.record(id, record, at, depth),
            _ => Ok(None),
        }
    }

    fn number(&mut self, at: (u32, u32), kind: PieceKind) -> (u32, u32) {
        self.add(Piece { wide_at: at.0, narrow_at: at.1, size: POINTER_SIZE, kind });
        (NARROW, NARROW)
    }

    fn array(&mut self, element: TypeId, count: u32, at: (u32, u32), depth: usize) -> Result<Option<(u32, u32)>> {
        let stride = self.btf.size_of(element)? as u32;
        let mut end = at;
        let mut align = 1;
        for _ in 0..count {
            let Some((size, own)) = self.place(element, end, depth + 1)? else { return Ok(None) };
            align = own;
            end = (end.0 + stride, end.1 + size);
        }
        Ok(Some((end.1 - at.1, align)))
    }

    fn record(&mut self, id: TypeId, record: &Record<'_>, at: (u32, u32), depth: usize) -> Result<Option<(u32, u32)>> {
        let layout = self.layouts.of(id, record)?;
        let Some(items) = &layout.items else { return Ok(None) };
        let (mut cursor, mut align) = (0_u32, 1);
        for item in items {
            let Item::Member(index) = item else { return Ok(None) };
            let member = &record.members[*index];
            let before = self.pieces.len();
            let Some((size, own)) = self.place(member.ty, (at.0 + member.offset / 8, 0), depth + 1)? else {
                return Ok(None);
            };
            let own = if layout.packed { 1 } else { own };
            cursor = cursor.next_multiple_of(own);
            // Where it starts was not known before its alignment was.
            self.pieces[before..].iter_mut().for_each(|piece| piece.narrow_at += at.1 + cursor);
            cursor += size;
            align = align.max(own);
        }
        Ok(Some((cursor.next_multiple_of(align), align)))
    }

    fn add(&mut self, piece: Piece) {
        if piece.size != 0 {
            self.pieces.push(piece);
        }
    }
}

/// Whether an integer is C's `long`, signed or not: `long long` has 8 bytes in a guest, too.
pub(crate) fn is_long(name: &str, int: Int) -> bool {
    int.size == 8 && name.split_whitespace().filter(|word| *word == "long").count() == 1
}
