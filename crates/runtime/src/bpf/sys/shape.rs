//! What libbpf's BTF dumper takes for granted, checked: it follows types without end and reads where they point, and
//! a guest's types may be anything.

use std::collections::HashMap;

use rustix::io::Errno;

/// `BTF_KIND_*` of linux/btf.h.
mod kind {
    pub(super) const VOID: u32 = 0;
    pub(super) const INT: u32 = 1;
    pub(super) const PTR: u32 = 2;
    pub(super) const ARRAY: u32 = 3;
    pub(super) const STRUCT: u32 = 4;
    pub(super) const UNION: u32 = 5;
    pub(super) const ENUM: u32 = 6;
    pub(super) const FWD: u32 = 7;
    pub(super) const FUNC: u32 = 12;
    pub(super) const FUNC_PROTO: u32 = 13;
    pub(super) const VAR: u32 = 14;
    pub(super) const DATASEC: u32 = 15;
    pub(super) const FLOAT: u32 = 16;
    pub(super) const DECL_TAG: u32 = 17;
    pub(super) const ENUM64: u32 = 19;
}

/// How deep types may lie in each other, and how many there may be when each is counted as often as it occurs.
const MAX_DEPTH: u32 = 256;
const MAX_WEIGHT: u64 = 4 << 20;
/// The most bytes that data of a type may have.
const MAX_SIZE: u64 = 16 << 20;
/// How many typedefs and the like libbpf follows to a size.
const MAX_CHAIN: u32 = 32;

/// Types in their binary form, by id: of a base, where there is one, and their own.
pub(super) struct Types {
    /// Of each type: name, info, size or type, and what follows.
    words: Vec<u32>,
    /// Where each type's words begin, and where the last one's end.
    starts: Vec<usize>,
}

/// What a type leads to.
struct Next {
    id: u32,
    /// Whether a pointer lies between: then a named struct need not be known.
    by_pointer: bool,
    /// How often.
    times: u64,
}

/// What is known of a type in one way of reaching it.
#[derive(Clone, Copy)]
enum Visit {
    Open,
    Done { depth: u32, weight: u64 },
}

impl Types {
    /// Only void, which is type 0.
    pub(super) fn new() -> Self {
        Self { words: vec![0; 3], starts: vec![0, 3] }
    }

    /// Whether a definition or declaration of `id` can be printed. ELOOP for a type that contains itself, EFBIG for one
    /// that is too large, EINVAL for none.
    pub(super) fn check(&self, id: u32) -> Result<(), Errno> {
        self.visit(id, Self::mentioned)
    }

    /// Whether data of type `id` can be printed: as [`Types::check`], and EINVAL where a part lies outside its whole. The
    /// bytes that such data has.
    pub(super) fn check_data(&self, id: u32) -> Result<usize, Errno> {
        self.visit(id, Self::mentioned)?;
        self.visit(id, Self::contained)?;
        // No size: nothing of it is read.
        let size = self.size(id).unwrap_or(0);
        if size > MAX_SIZE { Err(Errno::FBIG) } else { Ok(size as usize) }
    }

    /// Walks all that `id` leads to by `next`, depth first, without recursion.
    fn visit(&self, id: u32, next: fn(&Self, u32, bool) -> Result<Vec<Next>, Errno>) -> Result<(), Errno> {
        let mut known: HashMap<(u32, bool), Visit> = HashMap::new();
        let mut stack = vec![((id, false), false)];
        while let Some((at, expanded)) = stack.pop() {
            let children = next(self, at.0, at.1)?;
            if expanded {
                let (mut depth, mut weight) = (0, 1u64);
                for child in &children {
                    if let Some(Visit::Done { depth: below, weight: each }) = known.get(&(child.id, child.by_pointer)) {
                        depth = depth.max(below + 1);
                        weight = weight.saturating_add(each.saturating_mul(child.times));
                    }
                }
                if depth > MAX_DEPTH || weight > MAX_WEIGHT {
                    return Err(Errno::FBIG);
                }
                known.insert(at, Visit::Done { depth, weight });
                continue;
            }
            match known.get(&at) {
                Some(Visit::Done { .. }) => continue,
                Some(Visit::Open) => return Err(Errno::LOOP),
                None => known.insert(at, Visit::Open),
            };
            stack.push((at, true));
            for child in children {
                match known.get(&(child.id, child.by_pointer)) {
                    Some(Visit::Open) => return Err(Errno::LOOP),
                    Some(Visit::Done { .. }) => {}
                    None => stack.push(((child.id, child.by_pointer), false)),
                }
            }
        }
        Ok(())
    }

    /// What a definition or declaration of a type mentions.
    fn mentioned(&self, id: u32, by_pointer: bool) -> Result<Vec<Next>, Errno> {
        let words = self.get(id)?;
        let to = |id: u32, by_pointer: bool| Next { id, by_pointer, times: 1 };
        Ok(match kind_of(words) {
            kind::VOID | kind::INT | kind::ENUM | kind::FWD | kind::FLOAT | kind::ENUM64 => Vec::new(),
            kind::PTR => vec![to(words[2], true)],
            kind::ARRAY => vec![to(words[3], false)],
            kind::STRUCT | kind::UNION if by_pointer && words[0] != 0 => Vec::new(),
            kind::STRUCT | kind::UNION => members(words).map(|member| to(member[1], false)).collect(),
            kind::FUNC_PROTO => {
                let parameters = words[3..].as_chunks::<2>().0.iter().map(|parameter| parameter[1]);
                parameters.chain([words[2]]).map(|id| to(id, by_pointer)).collect()
            }
            kind::DATASEC => members(words).map(|variable| to(variable[0], false)).collect(),
            _ => vec![to(words[2], by_pointer)],
        })
    }

    /// What data of a type contains. EINVAL where it lies outside, or has no size where it needs one.
    fn contained(&self, id: u32, _: bool) -> Result<Vec<Next>, Errno> {
        let words = self.get(id)?;
        let to = |id: u32, times: u64| Next { id, by_pointer: false, times };
        let whole = u64::from(words[2]);
        Ok(match kind_of(words) {
            kind::ARRAY => {
                self.size(words[3]).ok_or(Errno::INVAL)?;
                self.size(id).ok_or(Errno::INVAL)?;
                vec![to(words[3], words[5].into())]
            }
            kind::STRUCT | kind::UNION => {
                let mut inner = Vec::new();
                for member in members(words) {
                    let (at, bits) = offset(words[1], member[2]);
                    // Bits are taken out of all bytes of their type.
                    let size = self.size(member[1]).ok_or(Errno::INVAL)?;
                    let fits = if bits > 0 {
                        at % 8 + bits <= 64 && (at + bits).div_ceil(8) <= whole && size <= 16
                    } else {
                        at / 8 + size <= whole
                    };
                    if !fits {
                        return Err(Errno::INVAL);
                    }
                    inner.push(to(member[1], 1));
                }
                inner
            }
            kind::DATASEC => {
                let mut inner = Vec::new();
                for variable in members(words) {
                    let size = self.size(variable[0]).ok_or(Errno::INVAL)?;
                    let is_variable = kind_of(self.get(variable[0])?) == kind::VAR;
                    if !is_variable || u64::from(variable[1]) + size > whole {
                        return Err(Errno::INVAL);
                    }
                    inner.push(to(variable[0], 1));
                }
                inner
            }
            kind::VOID
            | kind::INT
            | kind::PTR
            | kind::ENUM
            | kind::FWD
            | kind::FLOAT
            | kind::ENUM64
            | kind::FUNC
            | kind::FUNC_PROTO
            | kind::DECL_TAG => Vec::new(),
            _ => vec![to(words[2], 1)],
        })
    }

    /// The bytes of a value; `None` for what has no size.
    fn size(&self, mut id: u32) -> Option<u64> {
        let mut elements = 1u64;
        for _ in 0..MAX_CHAIN {
            let words = self.get(id).ok()?;
            let size = match kind_of(words) {
                kind::PTR => 8,
                kind::INT | kind::STRUCT | kind::UNION | kind::ENUM | kind::ENUM64 | kind::DATASEC | kind::FLOAT => {
                    words[2].into()
                }
                kind::ARRAY => {
                    elements = elements.checked_mul(words[5].into())?;
                    id = words[3];
                    continue;
                }
                kind::VOID | kind::FWD | kind::FUNC | kind::FUNC_PROTO => return None,
                _ => {
                    id = words[2];
                    continue;
                }
            };
            return elements.checked_mul(size).filter(|size| *size <= u32::MAX.into());
        }
        None
    }

    /// Whether there is such a type.
    pub(super) fn has(&self, id: u32) -> bool {
        self.get(id).is_ok()
    }

    fn get(&self, id: u32) -> Result<&[u32], Errno> {
        let [start, end] = *self.starts.get(id as usize..).and_then(<[usize]>::first_chunk).ok_or(Errno::INVAL)?;
        Ok(&self.words[start..end])
    }

    /// Appends the types in `data`; `None` for what is no BTF. Bases come first.
    pub(super) fn read(&mut self, data: &[u8]) -> Option<()> {
        let word = |at: usize| Some(u32::from_le_bytes(data.get(at..at.checked_add(4)?)?.try_into().ok()?));
        let start = (word(4)? as usize).checked_add(word(8)? as usize)?;
        let end = start.checked_add(word(12)? as usize)?;
        let mut words = data.get(start..end)?.as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes));
        while let Some(name) = words.next() {
            let info = words.next()?;
            let count = (info & 0xffff) as usize;
            let more = match info >> 24 & 0x1f {
                kind::INT | kind::VAR | kind::DECL_TAG => 1,
                kind::ARRAY => 3,
                kind::STRUCT | kind::UNION | kind::DATASEC | kind::ENUM64 => 3 * count,
                kind::ENUM | kind::FUNC_PROTO => 2 * count,
                _ => 0,
            };
            let end = self.words.len() + 3 + more;
            self.words.extend([name, info]);
            self.words.extend(words.by_ref().take(1 + more));
            if self.words.len() != end {
                return None;
            }
            self.starts.push(end);
        }
        Some(())
    }
}

/// `BTF_INFO_KIND`.
fn kind_of(words: &[u32]) -> u32 {
    words[1] >> 24 & 0x1f
}

/// The parts of a struct, union or section: three words each.
fn members(words: &[u32]) -> impl Iterator<Item = &[u32; 3]> {
    words[3..].as_chunks().0.iter()
}

/// A member's offset in bits and, for a bit field, its size in bits.
fn offset(info: u32, word: u32) -> (u64, u64) {
    if info >> 31 == 1 { ((word & 0xff_ffff).into(), (word >> 24).into()) } else { (word.into(), 0) }
}
