//! What of the kernel's types the CO-RE relocations of one object need.
//!
//! ```text
//!   object's .BTF, .BTF.ext -> Sought (names)
//!   kernel's types -> Chosen: those with a sought name, and what their sought members have -> write
//! ```
//!
//! libbpf looks for candidates by name, then for members by name (`relo_core.c`). So every type that could become a candidate stays,
//! with every member that a name could lead to: libbpf comes to the same decision as with all types, the refusal of what is ambiguous included.

use std::collections::{HashMap, HashSet};

use crate::btf;
use crate::elf;
use crate::error::{Error, Result};
use crate::model::*;
use crate::prune::raw::{Raw, Strings};
use crate::prune::relocation::{Access, Step, access};
use crate::prune::{assemble, ext};

const POINTER: u32 = 2;
const ARRAY: u32 = 3;
const STRUCT: u32 = 4;
const UNION: u32 = 5;
const ENUM: u32 = 6;
const PROTOTYPE: u32 = 13;
const ENUM64: u32 = 19;
/// Integers, records, enums, forward declarations, typedefs and floats, a bit each: what a relocation can start from.
const ROOTS: u32 = 1 << 1 | 1 << STRUCT | 1 << UNION | 1 << ENUM | 1 << 7 | 1 << 8 | 1 << 16 | 1 << ENUM64;
const COUNT: u32 = 0xffff;

/// Kinds of relocations: the kernel's own number of a type, and whether it has all that the object's has.
const KERNEL_ID: u32 = 7;
const MATCHES: u32 = 12;

/// The names that relocations look for.
#[derive(Default)]
struct Sought<'a> {
    /// Types by the part of their name before `___` and by kind.
    types: HashMap<(&'a [u8], u32), Depth>,
    members: HashSet<&'a [u8]>,
    /// Enums' values, by the part of their name before `___`.
    values: HashSet<&'a [u8]>,
}

/// How far a type is looked at.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Depth {
    #[default]
    Unneeded,
    /// Its size and its members.
    Members,
    /// Also what it points to, as whole types are compared.
    Pointees,
}

/// The types of `kernel` (BTF) that the object needs to be relocated; `None` if libbpf has to see all of them.
pub(crate) fn types(elf: &[u8], kernel: &[u8]) -> Result<Option<Vec<u8>>> {
    let Some(local) = Local::read(elf)? else { return Ok(None) };
    // Variables and functions of the kernel are found by their types.
    let is_extern = |ty: &Type<'_>| ty.name == ".ksyms" && matches!(ty.kind, Kind::Section(_));
    let mut sought = Sought::default();
    if local.btf.iter().any(|(_, ty)| is_extern(ty)) || !sought.add(&local)? {
        return Ok(None);
    }
    let (types, strings) = btf::sections(kernel)?;
    let raw = Raw::new(types);
    let chosen = Chosen::new(&raw, strings, &sought)?;
    // A type that is not among the kernel's own, libbpf would look for in its modules.
    if chosen.found < sought.types.len() { Ok(None) } else { chosen.assemble().map(Some) }
}

/// The types of `kernel` that any of the objects needs on a kernel that has no types of its own to show, nor those of modules; `None` if
/// they need none.
pub(crate) fn types_of_all(elfs: &[&[u8]], kernel: &[u8]) -> Result<Option<Vec<u8>>> {
    let locals = elfs.iter().filter_map(|elf| Local::read(elf).transpose()).collect::<Result<Vec<_>>>()?;
    if locals.is_empty() {
        return Ok(None);
    }
    let mut sought = Sought::default();
    for local in &locals {
        if !sought.add(local)? {
            return Err(Error::unsupported(
                "the object asks for a match of whole types, which needs all of a kernel's types",
            ));
        }
    }
    let (types, strings) = btf::sections(kernel)?;
    Chosen::new(&Raw::new(types), strings, &sought)?.assemble().map(Some)
}

/// What an object has for relocations.
struct Local<'a> {
    btf: Btf<'a>,
    strings: &'a [u8],
    ext: ext::Ext<'a>,
}

impl<'a> Local<'a> {
    /// `None` if the object has no relocations: libbpf reads no types for it.
    fn read(elf: &'a [u8]) -> Result<Option<Self>> {
        let Some(ext) = elf::section(elf, ".BTF.ext")? else { return Ok(None) };
        let (ext, data) = (ext::parse(ext)?, elf::btf_section(elf)?);
        if ext.relocations().next().is_none() {
            return Ok(None);
        }
        Ok(Some(Self { btf: btf::parse(data)?, strings: btf::sections(data)?.1, ext }))
    }
}

impl<'a> Sought<'a> {
    /// Adds what an object looks for. Returns false if a part of the kernel's types would not do.
    fn add(&mut self, Local { btf, strings, ext }: &Local<'a>) -> Result<bool> {
        let texts = Strings::new(strings);
        for relocation in ext.relocations() {
            let access = access(btf, relocation, texts.old(relocation.access)?)?;
            let root = btf.get(relocation.ty);
            let depth = match &access {
                // The object's own number of a type: the kernel is not asked.
                Access::Whole if relocation.kind != MATCHES => continue,
                Access::Name if relocation.kind != KERNEL_ID => Depth::Pointees,
                Access::Field(_) | Access::Enumerator(..) => Depth::Members,
                Access::Name | Access::Whole => return Ok(false),
            };
            let Some(kind) = root.kind.number().filter(|_| !root.name.is_empty()) else { return Ok(false) };
            let entry = self.types.entry((essential(root.name.as_bytes()), kind)).or_default();
            *entry = depth.max(*entry);
            match access {
                Access::Field(steps) => self.members.extend(steps.iter().filter_map(|step| step.name(btf))),
                Access::Enumerator(of, index) => {
                    if let Kind::Enum(of) = btf.kind(of) {
                        self.values.extend(of.values.get(index).map(|(name, _)| essential(name.as_bytes())));
                    }
                }
                Access::Name | Access::Whole => {}
            }
        }
        Ok(true)
    }
}

impl Kind<'_> {
    /// The number of those kinds that a relocation can start from; both kinds of enums are one.
    fn number(&self) -> Option<u32> {
        match self {
            Kind::Int(_) => Some(1),
            Kind::Record(record) => Some(if record.union { UNION } else { STRUCT }),
            Kind::Enum(_) => Some(ENUM),
            Kind::Forward { .. } => Some(7),
            Kind::Typedef(_) => Some(8),
            Kind::Float { .. } => Some(16),
            _ => None,
        }
    }
}

impl Step {
    fn name<'a>(&self, btf: &Btf<'a>) -> Option<&'a [u8]> {
        let Self::Member(record, index) = *self else { return None };
        let Kind::Record(record) = btf.kind(record) else { return None };
        record.members.get(index).map(|member| member.name.as_bytes()).filter(|name| !name.is_empty())
    }
}

/// A name without its flavor: `task_struct___old` is another version of `task_struct`.
fn essential(name: &[u8]) -> &[u8] {
    let separator = |part: &[u8]| part[0] != b'_' && part[1..4] == *b"___" && part[4] != b'_';
    match name.windows(5).rposition(separator) {
        Some(last) => &name[..=last],
        None => name,
    }
}

/// The kernel's types that stay.
struct Chosen<'a> {
    raw: &'a Raw<'a>,
    strings: Strings<'a>,
    sought: &'a Sought<'a>,
    depths: Vec<Depth>,
    work: Vec<TypeId>,
    /// How many of the sought types there are.
    found: usize,
}

impl<'a> Chosen<'a> {
    fn new(raw: &'a Raw<'a>, strings: &'a [u8], sought: &'a Sought<'a>) -> Result<Self> {
        let depths = vec![Depth::Unneeded; raw.count()];
        let mut chosen = Self { raw, strings: Strings::new(strings), sought, depths, work: Vec::new(), found: 0 };
        let mut found = HashSet::new();
        // Most types are of another kind, and of the others nearly all begin with another letter: the quick tests.
        let mut initials = [false; 256];
        sought.types.keys().for_each(|(name, _)| initials[usize::from(name[0])] = true);
        for id in 1..raw.count() as TypeId {
            let [name, info, _] = raw.head(id);
            let kind = (info >> 24) & 0x1f;
            if ROOTS >> kind & 1 == 0 {
                continue;
            }
            let initial = strings.get(name as usize).copied().unwrap_or_default();
            if !initials[usize::from(initial)] {
                continue;
            }
            let key = (essential(chosen.strings.old(name)?), if kind == ENUM64 { ENUM } else { kind });
            if let Some((key, depth)) = sought.types.get_key_value(&key) {
                found.insert(key);
                chosen.mark(id, *depth);
            }
        }
        chosen.found = found.len();
        while let Some(id) = chosen.work.pop() {
            chosen.follow(id)?;
        }
        Ok(chosen)
    }

    fn mark(&mut self, id: TypeId, depth: Depth) {
        if let Some(present) = self.depths.get_mut(id as usize)
            && id != 0
            && *present < depth
        {
            *present = depth;
            self.work.push(id);
        }
    }

    fn follow(&mut self, id: TypeId) -> Result<()> {
        let depth = self.depths[id as usize];
        let ([_, info, to], shape, items) = self.raw.get(id);
        match (info >> 24) & 0x1f {
            STRUCT | UNION => {
                for member in items.chunks_exact(shape.item) {
                    if self.leads_on(member[0])? {
                        self.mark(member[1], Depth::Members);
                    }
                }
            }
            ARRAY => self.mark(items.first().copied().unwrap_or_default(), depth),
            POINTER | PROTOTYPE if depth < Depth::Pointees => {}
            PROTOTYPE => self.raw.references(id).into_iter().for_each(|to| self.mark(to, depth)),
            _ if shape.refers => self.mark(to, depth),
            _ => {}
        }
        Ok(())
    }

    /// Whether a member of this name is one that is sought, or could contain one.
    fn leads_on(&self, name: u32) -> Result<bool> {
        let name = self.strings.old(name)?;
        Ok(name.is_empty() || self.sought.members.contains(name))
    }

    /// The types as BTF.
    fn assemble(self) -> Result<Vec<u8>> {
        let (types, strings) = self.write()?;
        Ok(assemble(&types, strings))
    }

    /// The words of the types, and their strings.
    fn write(mut self) -> Result<(Vec<u32>, Vec<u8>)> {
        let mut last = 0;
        let mut ids = Vec::with_capacity(self.depths.len());
        for depth in &self.depths {
            let stays = *depth > Depth::Unneeded;
            last += u32::from(stays);
            ids.push(if stays { last } else { 0 });
        }
        // What is not there becomes `void`: nobody looks at it.
        let new = |id: u32| ids.get(id as usize).copied().unwrap_or_default();

        let mut out = Vec::new();
        for id in (1..self.depths.len() as TypeId).filter(|id| new(*id) != 0) {
            let (mut head, shape, items) = self.raw.get(id);
            let kind = (head[1] >> 24) & 0x1f;
            let mut kept = Vec::new();
            for (index, item) in items.chunks_exact(shape.item.max(1)).enumerate() {
                let mut item = item.to_vec();
                let wanted = match kind {
                    // The last member tells libbpf whether an array is a flexible one.
                    STRUCT | UNION => (index + 1) * shape.item == items.len() || self.leads_on(item[0])?,
                    ENUM | ENUM64 => self.sought.values.contains(essential(self.strings.old(item[0])?)),
                    _ => true,
                };
                if !wanted {
                    continue;
                }
                if shape.named {
                    item[0] = self.strings.keep(item[0])?;
                }
                shape.types.iter().for_each(|at| item[*at] = new(item[*at]));
                kept.push(item);
            }
            head[0] = self.strings.keep(head[0])?;
            if shape.refers {
                head[2] = new(head[2]);
            }
            if matches!(kind, STRUCT | UNION | ENUM | ENUM64) {
                head[1] = head[1] & !COUNT | kept.len() as u32;
            }
            out.extend(head);
            out.extend(kept.concat());
        }
        Ok((out, self.strings.into_bytes()))
    }
}
