//! Where a C compiler puts the members, and what to add so that it puts them where BTF says.
//!
//! BTF keeps offsets but neither `packed` nor `aligned`. So each record is laid out as a compiler would do it, with integers of
//! natural alignment (the rule of both BPF and wasm32 once `long` and pointers are 64-bit integers); where the result differs,
//! explicit padding is put in, or the record is packed. What no C declaration can say becomes an array of bytes.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::error::{Error, Result};
use crate::model::*;

/// Records nested by value deeper than this are refused.
const MAX_DEPTH: usize = 128;

/// One line of a record's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// The member with this index, not a bit-field.
    Member(usize),
    /// The bit-field with this index and its width.
    Bits(usize, u32),
    /// Padding that a compiler would not add: from this bit, so many bits.
    Pad { at: u64, bits: u64 },
}

/// How to declare one record.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) packed: bool,
    /// Bytes, as the declaration has it (the original may have asked for more).
    pub(crate) align: u32,
    /// `None` where only an array of bytes has the right size.
    pub(crate) items: Option<Vec<Item>>,
}

/// Layouts of the records of one BTF, each computed once.
pub(crate) struct Layouts<'a> {
    btf: &'a Btf<'a>,
    known: RefCell<HashMap<TypeId, Rc<Layout>>>,
}

/// State of a record that is being laid out, in bits and bytes.
struct Plan {
    packed: bool,
    cursor: u64,
    align: u32,
    items: Vec<Item>,
}

impl<'a> Layouts<'a> {
    pub(crate) fn new(btf: &'a Btf<'a>) -> Self {
        Self { btf, known: RefCell::default() }
    }

    /// The layout of the struct or union `id`.
    pub(crate) fn of(&self, id: TypeId, record: &Record<'_>) -> Result<Rc<Layout>> {
        self.layout(id, record, 0)
    }

    /// Alignment in bytes of a declared variable of type `id`.
    pub(crate) fn align_of(&self, id: TypeId) -> Result<u32> {
        self.align(id, 0)
    }

    fn align(&self, id: TypeId, depth: usize) -> Result<u32> {
        let mut id = self.btf.resolved(id)?;
        for _ in 0..MAX_DEPTH {
            match self.btf.kind(id) {
                Kind::Array { element, .. } => id = self.btf.resolved(*element)?,
                Kind::Record(record) => return Ok(self.layout(id, record, depth + 1)?.align),
                Kind::Int(int) => return Ok(int.size),
                Kind::Enum(e) => return Ok(e.size),
                Kind::Pointer(_) => return Ok(POINTER_SIZE),
                Kind::Float { size: size @ (4 | 8) } => return Ok(*size),
                // Other floats are declared as bytes: not all targets have them.
                _ => return Ok(1),
            }
        }
        Err(Error::btf(format!("array type {id} nests too deeply")))
    }

    fn layout(&self, id: TypeId, record: &Record<'_>, depth: usize) -> Result<Rc<Layout>> {
        if depth > MAX_DEPTH {
            return Err(Error::btf(format!(
                "type {id} `{}` contains itself or nests too deeply",
                self.btf.get(id).name
            )));
        }
        if let Some(layout) = self.known.borrow().get(&id) {
            return Ok(Rc::clone(layout));
        }
        let layout = [false, true]
            .into_iter()
            .find_map(|packed| self.attempt(record, packed, depth).transpose())
            .unwrap_or(Ok(Layout { packed: false, align: 1, items: None }))?;
        let layout = Rc::new(layout);
        self.known.borrow_mut().insert(id, Rc::clone(&layout));
        Ok(layout)
    }

    /// Tries to declare the record with or without `packed`; `None` if that cannot be.
    fn attempt(&self, record: &Record<'_>, packed: bool, depth: usize) -> Result<Option<Layout>> {
        let mut plan = Plan { packed, cursor: 0, align: 1, items: Vec::new() };
        // Compilers may list the members of a randomized struct in source order.
        let mut order: Vec<usize> = (0..record.members.len()).collect();
        order.sort_by_key(|index| record.members[*index].offset);
        let mut end = 0;
        for index in order {
            let member = &record.members[index];
            if record.union {
                plan.cursor = 0;
            }
            let Some((offset, bits)) = self.place(member)? else {
                return Ok(None);
            };
            if bits.is_none() && !self.is_declarable(member)? {
                continue;
            }
            let align = if packed { 1 } else { self.align(member.ty, depth)? };
            let placed = match bits {
                Some(width) => plan.bits(index, offset, width, self.btf.size_of(member.ty)? * 8),
                None => plan.member(index, offset, self.btf.size_of(member.ty)? * 8, align),
            };
            if placed.is_none() || record.union && offset != 0 {
                return Ok(None);
            }
            plan.align = plan.align.max(align);
            end = plan.cursor.max(end);
        }
        plan.cursor = end;
        Ok(plan.finish(u64::from(record.size) * 8, record.union))
    }

    /// Offset and, for a bit-field, width of a member; `None` where its type cannot be one of a member.
    fn place(&self, member: &Member<'_>) -> Result<Option<(u64, Option<u32>)>> {
        let offset = u64::from(member.offset);
        Ok(match self.btf.kind(self.btf.resolved(member.ty)?) {
            Kind::Int(int) => match member.bits {
                None if int.bits != int.size * 8 => Some((offset + u64::from(int.shift), Some(int.bits))),
                bits => Some((offset, bits)),
            },
            Kind::Enum(_) => Some((offset, member.bits)),
            Kind::Record(_) | Kind::Array { .. } | Kind::Pointer(_) | Kind::Float { .. } => {
                member.bits.is_none().then_some((offset, None))
            }
            _ => None,
        })
    }

    /// A member without a name is only a member if it is a struct or a union.
    fn is_declarable(&self, member: &Member<'_>) -> Result<bool> {
        Ok(!member.name.is_empty() || matches!(self.btf.kind(self.btf.resolved(member.ty)?), Kind::Record(_)))
    }
}

impl Plan {
    fn pad_to(&mut self, offset: u64) {
        if offset > self.cursor {
            self.items.push(Item::Pad { at: self.cursor, bits: offset - self.cursor });
            self.cursor = offset;
        }
    }

    fn member(&mut self, index: usize, offset: u64, size: u64, align: u32) -> Option<()> {
        let align = u64::from(align) * 8;
        if offset < self.cursor || !offset.is_multiple_of(align) {
            return None;
        }
        if self.cursor.next_multiple_of(align) != offset {
            self.pad_to(offset);
        }
        self.items.push(Item::Member(index));
        self.cursor = offset + size;
        Some(())
    }

    fn bits(&mut self, index: usize, offset: u64, width: u32, unit: u64) -> Option<()> {
        let width_bits = u64::from(width);
        let straddles = |at: u64| !self.packed && at % unit + width_bits > unit;
        if offset < self.cursor || width_bits > unit || straddles(offset) {
            return None;
        }
        let natural = if straddles(self.cursor) { self.cursor.next_multiple_of(unit) } else { self.cursor };
        if natural != offset {
            self.pad_to(offset);
        }
        self.items.push(Item::Bits(index, width));
        self.cursor = offset + width_bits;
        Some(())
    }

    /// Adds what is missing at the end.
    fn finish(mut self, size: u64, union: bool) -> Option<Layout> {
        let align = u64::from(self.align) * 8;
        if self.cursor > size || !size.is_multiple_of(align) {
            return None;
        }
        if self.cursor.next_multiple_of(align) != size {
            if union {
                self.items.push(Item::Pad { at: 0, bits: size });
            } else {
                self.pad_to(size);
            }
        }
        Some(Layout { packed: self.packed, align: self.align, items: Some(self.items) })
    }
}
