//! The maps of a BPF object, and the variables that live in them, as libbpf finds them.

use std::collections::HashMap;

use crate::elf::{Elf, Section, Shape};
use crate::error::{Error, Result};
use crate::layout::Layouts;
use crate::model::*;

/// The section in which compilers put variables of an arena.
const ARENA_SECTION: &str = ".addr_space.1";
const KCONFIG_SECTION: &str = ".kconfig";
const STRUCT_OPS_SECTIONS: [&str; 4] = [".struct_ops", ".struct_ops.link", "?.struct_ops", "?.struct_ops.link"];
/// BPF_MAP_TYPE_PERF_EVENT_ARRAY, BPF_MAP_TYPE_RINGBUF, BPF_MAP_TYPE_USER_RINGBUF.
const RECORDS: [u32; 3] = [4, 27, 31];
/// More than any map's value can have.
const MAX_SECTION: u64 = u32::MAX as u64;

pub(crate) struct Map<'a> {
    /// The name by which libbpf finds it: maps of data sections go by their section's name.
    pub(crate) name: &'a str,
    pub(crate) kind: MapKind,
    /// The types of its keys and values, where the definition has them.
    pub(crate) elements: Elements,
    /// Variables that user space can reach through memory, by offset; not those internal to the object.
    pub(crate) variables: Vec<Variable<'a>>,
}

/// The types in a map's definition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Elements {
    pub(crate) key: Option<TypeId>,
    pub(crate) value: Option<TypeId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MapKind {
    Plain,
    Arena,
    /// A data section, or the kernel's configuration.
    Section,
    /// A table of kernel operations, of this type, which has a link of its own.
    StructOps(TypeId),
}

pub(crate) struct Variable<'a> {
    pub(crate) name: &'a str,
    pub(crate) ty: TypeId,
    /// Bytes.
    pub(crate) offset: u64,
    pub(crate) size: u64,
}

/// Names and types of a section's variables that are not static.
type Declared<'a> = HashMap<&'a str, Vec<(&'a str, TypeId)>>;

/// All maps in libbpf's order: declared ones, data sections, kconfig, struct_ops.
pub(crate) fn maps<'a>(elf: &'a Elf<'_>, btf: &'a Btf<'_>) -> Result<Vec<Map<'a>>> {
    let declared = declared(btf);
    let named = |name: &str| match elf.section(name) {
        Some(section) => variables(btf, &declared, section),
        None => Ok(Vec::new()),
    };
    let mut maps = Vec::new();
    for Variable { name, ty, .. } in named(".maps")? {
        let arena = is_arena(btf, ty)?;
        maps.push(Map {
            name,
            kind: if arena { MapKind::Arena } else { MapKind::Plain },
            elements: elements(btf, ty)?,
            variables: if arena { named(ARENA_SECTION)? } else { Vec::new() },
        });
    }
    for section in elf.sections.iter().filter(|section| is_data(section)) {
        let variables = variables(btf, &declared, section)?;
        maps.push(Map { name: section.name, kind: MapKind::Section, elements: Elements::default(), variables });
    }
    if let Some(externs) = declared.get(KCONFIG_SECTION) {
        let variables = kconfig(btf, externs)?;
        maps.push(Map { name: KCONFIG_SECTION, kind: MapKind::Section, elements: Elements::default(), variables });
    }
    for section in STRUCT_OPS_SECTIONS {
        maps.extend(named(section)?.into_iter().map(|variable| Map {
            name: variable.name,
            kind: MapKind::StructOps(variable.ty),
            elements: Elements::default(),
            variables: Vec::new(),
        }));
    }
    Ok(maps)
}

/// The types in the definitions of all maps of the BTF.
pub(crate) fn element_types(btf: &Btf<'_>) -> Result<Vec<Elements>> {
    declared(btf).get(".maps").into_iter().flatten().map(|(_, ty)| elements(btf, *ty)).collect()
}

/// Whether one of the maps brings records from the BPF side that no function of libbpf's translates.
pub(crate) fn have_records(btf: &Btf<'_>) -> Result<bool> {
    for (_, ty) in declared(btf).get(".maps").into_iter().flatten() {
        if map_type(btf, *ty)?.is_some_and(|ty| RECORDS.contains(&ty)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The types of variables that are not maps: in memory that both sides see.
pub(crate) fn variable_types(btf: &Btf<'_>) -> Vec<TypeId> {
    let sections = declared(btf).into_iter().filter(|(section, _)| *section != ".maps");
    sections.flat_map(|(_, variables)| variables).map(|(_, ty)| ty).collect()
}

/// What a definition says of its elements: `key` and `value` are pointers to their types.
fn elements(btf: &Btf<'_>, ty: TypeId) -> Result<Elements> {
    let Kind::Record(definition) = btf.kind(btf.resolved(ty)?) else { return Ok(Elements::default()) };
    let pointee = |name: &str| -> Result<Option<TypeId>> {
        let Some(member) = definition.members.iter().find(|member| member.name == name) else { return Ok(None) };
        Ok(match btf.kind(btf.resolved(member.ty)?) {
            Kind::Pointer(to) => Some(*to),
            _ => None,
        })
    };
    Ok(Elements { key: pointee("key")?, value: pointee("value")? })
}

fn declared<'a>(btf: &'a Btf<'_>) -> Declared<'a> {
    let mut declared = Declared::new();
    for (_, section) in btf.iter() {
        let Kind::Section(variables) = &section.kind else {
            continue;
        };
        for id in variables {
            let variable = btf.get(*id);
            if let Kind::Variable { ty, linkage } = variable.kind
                && linkage != Linkage::Static
            {
                let list = declared.entry(section.name).or_default();
                list.push((variable.name, ty));
            }
        }
    }
    declared
}

/// The variables of a section, where the symbol table says that they are: compilers leave the offsets in BTF empty.
fn variables<'a>(btf: &Btf<'_>, declared: &Declared<'a>, section: &Section<'_>) -> Result<Vec<Variable<'a>>> {
    let symbols: HashMap<&str, _> = section.symbols.iter().map(|symbol| (symbol.name, symbol)).collect();
    let mut variables = Vec::new();
    for (name, ty) in declared.get(section.name).into_iter().flatten() {
        let symbol = symbols.get(name).ok_or_else(|| {
            Error::elf(format!("variable `{name}` of section {} has no symbol (is the object stripped?)", section.name))
        })?;
        let size = btf.size_of(*ty)?;
        let end = symbol.offset.checked_add(size);
        if end.is_none_or(|end| end > section.size.min(MAX_SECTION)) {
            return Err(Error::elf(format!("variable `{name}` lies outside of section {}", section.name)));
        }
        if !symbol.hidden {
            variables.push(Variable { name, ty: *ty, offset: symbol.offset, size });
        }
    }
    variables.sort_by_key(|variable| variable.offset);
    Ok(variables)
}

/// Externs of the kernel's configuration, placed as libbpf places them: by alignment, size and name.
fn kconfig<'a>(btf: &Btf<'_>, externs: &[(&'a str, TypeId)]) -> Result<Vec<Variable<'a>>> {
    let layouts = Layouts::new(btf);
    let mut externs = externs
        .iter()
        .map(|(name, ty)| Ok((layouts.align_of(*ty)?, btf.size_of(*ty)?, *name, *ty)))
        .collect::<Result<Vec<_>>>()?;
    externs.sort_by(|a, b| (b.0, a.1, a.2).cmp(&(a.0, b.1, b.2)));
    let mut end = 0_u64;
    Ok(externs
        .into_iter()
        .map(|(align, size, name, ty)| {
            let offset = end.next_multiple_of(u64::from(align));
            end = offset + size;
            Variable { name, ty, offset, size }
        })
        .collect())
}

/// Whether libbpf makes a map of a section.
fn is_data(section: &Section<'_>) -> bool {
    let named =
        |wanted: &str| section.name.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    section.size != 0
        && match section.shape {
            Shape::Zeroes => named(".bss"),
            Shape::Data => named(".data") || named(".rodata"),
            Shape::Code | Shape::Other => false,
        }
}

fn is_arena(btf: &Btf<'_>, ty: TypeId) -> Result<bool> {
    const BPF_MAP_TYPE_ARENA: u32 = 33;
    Ok(map_type(btf, ty)? == Some(BPF_MAP_TYPE_ARENA))
}

/// The kind of map that a definition says: `type` is a pointer to an array of that many elements.
fn map_type(btf: &Btf<'_>, ty: TypeId) -> Result<Option<u32>> {
    let Kind::Record(definition) = btf.kind(btf.resolved(ty)?) else {
        return Ok(None);
    };
    let Some(member) = definition.members.iter().find(|m| m.name == "type") else {
        return Ok(None);
    };
    let Kind::Pointer(to) = btf.kind(btf.resolved(member.ty)?) else {
        return Ok(None);
    };
    Ok(match btf.kind(*to) {
        Kind::Array { count, .. } => Some(*count),
        _ => None,
    })
}
