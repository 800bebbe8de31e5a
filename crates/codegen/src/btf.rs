//! The BTF reader: bytes in, [`Btf`] out.
//!
//! The format is the kernel's (Documentation/bpf/btf.rst). Nothing is believed: counts are checked against the bytes that
//! are left before anything is allocated for them, and every type id against the number of types once that is known.

use crate::error::{Error, Result};
use crate::model::*;

const MAGIC: u16 = 0xeb9f;
const HEADER: usize = 24;
/// The kernel's own limit on the number of types.
const MAX_TYPES: usize = 0x000f_ffff;

/// The kernel's own limit on the length of a name.
const MAX_NAME: usize = 512;

/// A cursor over the type section.
struct Reader<'a> {
    types: &'a [u8],
    strings: &'a [u8],
    at: usize,
}

/// Whether `data` starts as raw BTF does.
pub(crate) fn is_btf(data: &[u8]) -> bool {
    data.starts_with(&MAGIC.to_le_bytes()) || data.starts_with(&MAGIC.to_be_bytes())
}

/// The types and the strings of little-endian BTF (not of the split BTF of a kernel module), as raw bytes.
pub(crate) fn sections(data: &[u8]) -> Result<(&[u8], &[u8])> {
    let header = data.get(..HEADER).ok_or_else(|| Error::btf("BTF is shorter than its header"))?;
    if header.starts_with(&MAGIC.to_be_bytes()) {
        return Err(Error::unsupported("BTF is big-endian; WebAssembly is little-endian"));
    }
    if !header.starts_with(&MAGIC.to_le_bytes()) {
        return Err(Error::btf("BTF has a wrong magic number"));
    }
    if header[2] != 1 {
        return Err(Error::unsupported(format!("BTF has version {}, only 1 is known", header[2])));
    }
    let field = |at: usize| word(header, at).map(|value| value as usize);
    let base = field(4)?;
    let types = section(data, base, field(8)?, field(12)?, "types")?;
    let strings = section(data, base, field(16)?, field(20)?, "strings")?;
    if strings.first() != Some(&0) {
        return Err(Error::unsupported("BTF strings do not start with an empty one: is it the split BTF of a module?"));
    }
    Ok((types, strings))
}

/// Reads little-endian BTF with all its types (not the split BTF of a kernel module).
pub(crate) fn parse(data: &[u8]) -> Result<Btf<'_>> {
    let (types, strings) = sections(data)?;
    let mut reader = Reader { types, strings, at: 0 };
    let mut btf = Btf { types: vec![Type { name: "", kind: Kind::Void }] };
    while reader.at < types.len() {
        if btf.types.len() > MAX_TYPES {
            return Err(Error::btf(format!("BTF has more than {MAX_TYPES} types")));
        }
        let ty = reader.read_type()?;
        btf.types.push(ty);
    }
    check_ids(&btf)?;
    Ok(btf)
}

fn section<'a>(data: &'a [u8], base: usize, offset: usize, len: usize, what: &str) -> Result<&'a [u8]> {
    let start = base.checked_add(offset);
    let end = start.and_then(|start| start.checked_add(len));
    start
        .zip(end)
        .and_then(|(start, end)| data.get(start..end))
        .ok_or_else(|| Error::btf(format!("the {what} of the BTF lie outside of it")))
}

fn word(data: &[u8], at: usize) -> Result<u32> {
    at.checked_add(4)
        .and_then(|end| data.get(at..end))
        .and_then(|bytes| bytes.try_into().ok())
        .map(u32::from_le_bytes)
        .ok_or_else(|| Error::btf("BTF ends in the middle of a type"))
}

impl<'a> Reader<'a> {
    fn u32(&mut self) -> Result<u32> {
        let value = word(self.types, self.at)?;
        self.at += 4;
        Ok(value)
    }

    fn string(&self, offset: u32) -> Result<&'a str> {
        let tail = self
            .strings
            .get(offset as usize..)
            .ok_or_else(|| Error::btf(format!("BTF has no string at {offset} (split BTF needs its base)")))?;
        tail[..tail.len().min(MAX_NAME)]
            .split(|byte| *byte == 0)
            .next()
            .filter(|name| name.len() < tail.len().min(MAX_NAME))
            .and_then(|name| str::from_utf8(name).ok())
            .ok_or_else(|| Error::btf(format!("the string at {offset} is no name")))
    }

    /// Reads `count` items of `size` bytes, having seen that they are there.
    fn list<T>(&mut self, count: u32, size: usize, mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let left = self.types.len() - self.at;
        if (count as usize).saturating_mul(size) > left {
            return Err(Error::btf(format!("BTF ends within a list of {count} items")));
        }
        (0..count).map(|_| item(self)).collect()
    }

    fn read_type(&mut self) -> Result<Type<'a>> {
        let name = self.u32()?;
        let name = self.string(name)?;
        let info = self.u32()?;
        let size_or_type = self.u32()?;
        let count = info & 0xffff;
        let flag = info >> 31 != 0;
        let kind = match (info >> 24) & 0x1f {
            1 => self.int(size_or_type)?,
            2 => Kind::Pointer(size_or_type),
            3 => {
                let element = self.u32()?;
                let _index = self.u32()?;
                let count = self.u32()?;
                Kind::Array { element, count }
            }
            kind @ (4 | 5) => Kind::Record(Record {
                union: kind == 5,
                size: size_or_type,
                members: self.list(count, 12, |reader| reader.member(flag))?,
            }),
            6 => self.enumeration(size_or_type, flag, count, 8)?,
            7 => Kind::Forward { union: flag },
            8 => Kind::Typedef(size_or_type),
            9 => Kind::Modifier(Modifier::Volatile, size_or_type),
            10 => Kind::Modifier(Modifier::Const, size_or_type),
            11 => Kind::Modifier(Modifier::Restrict, size_or_type),
            12 => Kind::Function(size_or_type),
            13 => self.prototype(size_or_type, count)?,
            14 => Kind::Variable {
                ty: size_or_type,
                linkage: match self.u32()? {
                    0 => Linkage::Static,
                    1 => Linkage::Global,
                    2 => Linkage::Extern,
                    other => {
                        return Err(Error::btf(format!("variable `{name}` has linkage {other}")));
                    }
                },
            },
            15 => Kind::Section(self.list(count, 12, |reader| {
                let ty = reader.u32()?;
                // Offset and size: compilers leave them to the symbol table.
                reader.at += 8;
                Ok(ty)
            })?),
            16 => match size_or_type {
                size @ (2 | 4 | 8 | 12 | 16) => Kind::Float { size },
                size => return Err(Error::btf(format!("float `{name}` has {size} bytes"))),
            },
            17 => {
                let _component = self.u32()?;
                Kind::Tag(size_or_type)
            }
            18 => Kind::Modifier(Modifier::TypeTag, size_or_type),
            19 => self.enumeration(size_or_type, flag, count, 12)?,
            other => {
                return Err(Error::unsupported(format!("BTF has an unknown kind {other}")));
            }
        };
        Ok(Type { name, kind })
    }

    fn int(&mut self, size: u32) -> Result<Kind<'a>> {
        let data = self.u32()?;
        let bits = data & 0xff;
        let shift = (data >> 16) & 0xff;
        if !matches!(size, 1 | 2 | 4 | 8 | 16) || bits == 0 || bits + shift > size * 8 {
            return Err(Error::btf(format!("BTF has an integer of {bits} bits in {size} bytes")));
        }
        Ok(Kind::Int(Int { size, signed: data & (1 << 24) != 0, boolean: data & (4 << 24) != 0, bits, shift }))
    }

    fn member(&mut self, has_width: bool) -> Result<Member<'a>> {
        let name = self.u32()?;
        let ty = self.u32()?;
        let offset = self.u32()?;
        let width = if has_width { offset >> 24 } else { 0 };
        Ok(Member {
            name: self.string(name)?,
            ty,
            offset: if has_width { offset & 0x00ff_ffff } else { offset },
            bits: (width != 0).then_some(width),
        })
    }

    fn enumeration(&mut self, size: u32, signed: bool, count: u32, item: usize) -> Result<Kind<'a>> {
        if !matches!(size, 1 | 2 | 4 | 8) {
            return Err(Error::btf(format!("BTF has an enum of {size} bytes")));
        }
        let values = self.list(count, item, |reader| {
            let name = reader.u32()?;
            let low = reader.u32()?;
            let value = if item == 12 {
                u64::from(reader.u32()?) << 32 | u64::from(low)
            } else if signed {
                i64::from(low.cast_signed()).cast_unsigned()
            } else {
                u64::from(low)
            };
            Ok((reader.string(name)?, value))
        })?;
        Ok(Kind::Enum(Enum { size, signed, values }))
    }

    fn prototype(&mut self, returns: TypeId, count: u32) -> Result<Kind<'a>> {
        let mut params = self.list(count, 8, |reader| {
            let name = reader.u32()?;
            Ok((reader.string(name)?, reader.u32()?))
        })?;
        let variadic = params.pop_if(|(_, ty)| *ty == 0).is_some();
        Ok(Kind::Prototype(Prototype { returns, params, variadic }))
    }
}

/// Refuses ids that point nowhere, so that nobody after the reader has to.
fn check_ids(btf: &Btf<'_>) -> Result<()> {
    for (id, ty) in btf.iter() {
        let ok = |to: &TypeId| (*to as usize) < btf.types.len();
        let fine = match &ty.kind {
            Kind::Pointer(to)
            | Kind::Array { element: to, .. }
            | Kind::Typedef(to)
            | Kind::Modifier(_, to)
            | Kind::Function(to)
            | Kind::Tag(to)
            | Kind::Variable { ty: to, .. } => ok(to),
            Kind::Record(record) => record.members.iter().all(|member| ok(&member.ty)),
            Kind::Prototype(proto) => ok(&proto.returns) && proto.params.iter().all(|(_, ty)| ok(ty)),
            Kind::Section(vars) => vars.iter().all(ok),
            Kind::Void | Kind::Int(_) | Kind::Float { .. } | Kind::Enum(_) | Kind::Forward { .. } => true,
        };
        if !fine {
            return Err(Error::btf(format!("type {id} `{}` refers to a type that does not exist", ty.name)));
        }
    }
    Ok(())
}
