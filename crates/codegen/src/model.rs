//! The neutral model: what BTF says about types, with nothing of any output language.

use crate::error::{Error, Result};

/// Index of a type in its BTF; 0 is `void`.
pub(crate) type TypeId = u32;

/// Chains of typedefs, modifiers and arrays longer than this are refused (the kernel's own limit is 32).
const MAX_CHAIN: usize = 64;

/// Size of a pointer on the BPF side.
pub(crate) const POINTER_SIZE: u32 = 8;

#[derive(Debug)]
pub(crate) struct Type<'a> {
    /// Empty when anonymous.
    pub(crate) name: &'a str,
    pub(crate) kind: Kind<'a>,
}

#[derive(Debug)]
pub(crate) enum Kind<'a> {
    Void,
    Int(Int),
    Float { size: u32 },
    Pointer(TypeId),
    Array { element: TypeId, count: u32 },
    Record(Record<'a>),
    Forward { union: bool },
    Enum(Enum<'a>),
    Typedef(TypeId),
    Modifier(Modifier, TypeId),
    Function(TypeId),
    Prototype(Prototype<'a>),
    Variable { ty: TypeId, linkage: Linkage },
    Section(Vec<TypeId>),
    Tag(TypeId),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Int {
    /// 1, 2, 4, 8 or 16 bytes.
    pub(crate) size: u32,
    pub(crate) signed: bool,
    pub(crate) boolean: bool,
    /// Width and shift where the integer itself is a bit-field, as old compilers wrote them.
    pub(crate) bits: u32,
    pub(crate) shift: u32,
}

/// A struct or a union.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    pub(crate) union: bool,
    /// Bytes.
    pub(crate) size: u32,
    pub(crate) members: Vec<Member<'a>>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Member<'a> {
    pub(crate) name: &'a str,
    pub(crate) ty: TypeId,
    /// Bits from the start of the record.
    pub(crate) offset: u32,
    /// Width of a bit-field.
    pub(crate) bits: Option<u32>,
}

#[derive(Debug)]
pub(crate) struct Enum<'a> {
    /// 1, 2, 4 or 8 bytes.
    pub(crate) size: u32,
    pub(crate) signed: bool,
    /// Names and values; the values are sign-extended where `signed`.
    pub(crate) values: Vec<(&'a str, u64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Modifier {
    Const,
    Volatile,
    Restrict,
    /// A tag on a type, of no meaning to a compiler of user space.
    TypeTag,
}

#[derive(Debug)]
pub(crate) struct Prototype<'a> {
    pub(crate) returns: TypeId,
    pub(crate) params: Vec<(&'a str, TypeId)>,
    pub(crate) variadic: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Linkage {
    Static,
    Global,
    Extern,
}

/// All types of one BTF; every [`TypeId`] inside has been checked to exist.
#[derive(Debug)]
pub(crate) struct Btf<'a> {
    pub(crate) types: Vec<Type<'a>>,
}

impl<'a> Btf<'a> {
    /// The type `id`, `void` for an id that does not exist (the reader lets none pass).
    pub(crate) fn get(&self, id: TypeId) -> &Type<'a> {
        self.types.get(id as usize).unwrap_or(&self.types[0])
    }

    pub(crate) fn kind(&self, id: TypeId) -> &Kind<'a> {
        &self.get(id).kind
    }

    /// All types with their ids, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (TypeId, &Type<'a>)> {
        (0..).zip(&self.types)
    }

    /// `id` without const, volatile, restrict and type tags.
    pub(crate) fn unqualified(&self, id: TypeId) -> Result<TypeId> {
        self.follow(id, |kind| match kind {
            Kind::Modifier(_, to) => Some(*to),
            _ => None,
        })
    }

    /// `id` without qualifiers and typedefs.
    pub(crate) fn resolved(&self, id: TypeId) -> Result<TypeId> {
        self.follow(id, |kind| match kind {
            Kind::Modifier(_, to) | Kind::Typedef(to) => Some(*to),
            _ => None,
        })
    }

    fn follow(&self, mut id: TypeId, step: impl Fn(&Kind<'a>) -> Option<TypeId>) -> Result<TypeId> {
        for _ in 0..MAX_CHAIN {
            match step(self.kind(id)) {
                Some(next) => id = next,
                None => return Ok(id),
            }
        }
        Err(Error::btf(format!("type {id} refers to itself")))
    }

    /// Bytes that a value of type `id` takes on the BPF side; fits in 32 bits.
    pub(crate) fn size_of(&self, id: TypeId) -> Result<u64> {
        let mut id = id;
        let mut count = 1_u64;
        for _ in 0..MAX_CHAIN {
            id = self.resolved(id)?;
            let size = match self.kind(id) {
                Kind::Int(int) => int.size,
                Kind::Float { size } => *size,
                Kind::Pointer(_) => POINTER_SIZE,
                Kind::Record(record) => record.size,
                Kind::Enum(e) => e.size,
                Kind::Array { element, count: n } => {
                    count = count.saturating_mul(u64::from(*n));
                    id = *element;
                    continue;
                }
                _ => return Err(Error::btf(format!("type {id} has no size"))),
            };
            return Some(count.saturating_mul(u64::from(size)))
                .filter(|total| *total <= u64::from(u32::MAX))
                .ok_or_else(|| Error::btf(format!("an array of type {id} is too large")));
        }
        Err(Error::btf(format!("array type {id} nests too deeply")))
    }

    /// Whether `id` is a struct, union or enum without a name of its own.
    pub(crate) fn is_anonymous_aggregate(&self, id: TypeId) -> bool {
        let ty = self.get(id);
        ty.name.is_empty() && matches!(ty.kind, Kind::Record(_) | Kind::Enum(_))
    }
}
