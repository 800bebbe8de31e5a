//! What a BPF object holds: programs, maps and the variables of its data sections, as libbpf finds them.

use std::collections::HashMap;

use object::elf::{SHF_EXECINSTR, SHT_NOBITS, SHT_PROGBITS, STV_HIDDEN, STV_INTERNAL};
use object::{Object as _, ObjectSection, ObjectSymbol, SectionFlags, SymbolFlags, SymbolKind};

use crate::error::{Error, Result};
use crate::layout::Layouts;
use crate::model::*;

/// The section in which compilers put variables of an arena.
const ARENA_SECTION: &str = ".addr_space.1";
/// More than any map's value can have.
const MAX_SECTION: u64 = u32::MAX as u64;
const KCONFIG_SECTION: &str = ".kconfig";
const STRUCT_OPS_SECTIONS: [&str; 4] = [".struct_ops", ".struct_ops.link", "?.struct_ops", "?.struct_ops.link"];

/// A parsed object file. Its BTF is apart: see [`btf_section`].
pub(crate) struct Elf<'a> {
    file: object::File<'a>,
}

pub(crate) struct Map {
    /// The name by which libbpf finds it: internal maps go by their section's name.
    pub(crate) name: String,
    /// The name of its member in a skeleton.
    pub(crate) ident: String,
    pub(crate) struct_ops: bool,
    /// Its variables, if user space can reach them through memory.
    pub(crate) data: Option<Data>,
}

pub(crate) struct Data {
    pub(crate) ident: String,
    /// By offset; not those of internal linkage.
    pub(crate) variables: Vec<Variable>,
}

pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) ty: TypeId,
    /// Bytes.
    pub(crate) offset: u64,
    pub(crate) size: u64,
}

/// The bytes of `.BTF`.
pub(crate) fn btf_section(elf: &[u8]) -> Result<&[u8]> {
    Elf::parse(elf)?
        .file
        .section_by_name(".BTF")
        .ok_or_else(|| {
            Error::elf("the object has no .BTF section: compile it with -g, and strip it with llvm-strip -g at most")
        })?
        .data()
        .map_err(|error| Error::elf(format!("failed to read section .BTF: {error}")))
}

impl<'a> Elf<'a> {
    pub(crate) fn parse(data: &'a [u8]) -> Result<Self> {
        object::File::parse(data)
            .map(|file| Self { file })
            .map_err(|error| Error::elf(format!("failed to read the object file: {error}")))
    }

    /// Names of the entry programs, by section and place.
    pub(crate) fn programs(&self) -> Result<Vec<String>> {
        let mut programs = Vec::new();
        for section in self.file.sections() {
            // What is in .text is called by others.
            if shape(&section) != Shape::Code || section.size() == 0 || section.name() == Ok(".text") {
                continue;
            }
            programs.extend(
                self.file
                    .symbols()
                    .filter(|symbol| {
                        symbol.kind() == SymbolKind::Text
                            && symbol.section_index() == Some(section.index())
                            && !symbol.is_local()
                    })
                    .map(|symbol| {
                        let name = symbol.name().map_err(bad_symbol)?;
                        Ok((section.index().0, symbol.address(), name.to_owned()))
                    })
                    .collect::<Result<Vec<_>>>()?,
            );
        }
        programs.sort();
        programs.dedup_by(|a, b| a.2 == b.2);
        Ok(programs.into_iter().map(|(_, _, name)| name).collect())
    }

    /// All maps in libbpf's order: declared ones, data sections, kconfig, struct_ops.
    pub(crate) fn maps(&self, btf: &Btf<'_>) -> Result<Vec<Map>> {
        let mut maps = Vec::new();
        let mut arena = self.arena(btf)?;
        for variable in self.variables(btf, ".maps")? {
            let is_arena = is_arena_map(btf, variable.ty)?;
            maps.push(Map {
                ident: identifier(&variable.name),
                name: variable.name,
                struct_ops: false,
                data: if is_arena { arena.take() } else { None },
            });
        }
        for section in self.file.sections() {
            let name = section.name().map_err(bad_section)?;
            if section.size() != 0 && is_data_section(name, &section) {
                maps.push(internal_map(name, self.variables(btf, name)?));
            }
        }
        let externs = kconfig(btf)?;
        if !externs.is_empty() {
            maps.push(internal_map(KCONFIG_SECTION, externs));
        }
        for section in STRUCT_OPS_SECTIONS {
            maps.extend(self.variables(btf, section)?.into_iter().map(|v| Map {
                ident: identifier(&v.name),
                name: v.name,
                struct_ops: true,
                data: None,
            }));
        }
        Ok(maps)
    }

    fn arena(&self, btf: &Btf<'_>) -> Result<Option<Data>> {
        if self.file.section_by_name(ARENA_SECTION).is_none() {
            return Ok(None);
        }
        Ok(Some(Data { ident: "arena".to_owned(), variables: self.variables(btf, ARENA_SECTION)? }))
    }

    /// The variables of a section that BTF describes, where the symbol table says that they are.
    fn variables(&self, btf: &Btf<'_>, section: &str) -> Result<Vec<Variable>> {
        let Some((index, end)) = self.file.section_by_name(section).map(|section| (section.index(), section.size()))
        else {
            return Ok(Vec::new());
        };
        let places: HashMap<&str, (u64, bool)> = self
            .file
            .symbols()
            .filter(|symbol| symbol.section_index() == Some(index))
            .filter_map(|symbol| {
                let place = (symbol.address(), is_hidden(&symbol.flags()));
                Some((symbol.name().ok()?, place))
            })
            .collect();
        let mut variables = Vec::new();
        for (name, ty) in visible(btf, section) {
            let (offset, hidden) = *places.get(name).ok_or_else(|| {
                Error::elf(format!("variable `{name}` of section {section} has no symbol (is the object stripped?)"))
            })?;
            let size = btf.size_of(ty)?;
            let inside = offset.checked_add(size).is_some_and(|last| last <= end);
            if !inside || end > MAX_SECTION {
                return Err(Error::elf(format!("variable `{name}` lies outside of section {section}")));
            }
            if !hidden {
                variables.push(Variable { name: name.to_owned(), ty, offset, size });
            }
        }
        variables.sort_by_key(|variable| variable.offset);
        Ok(variables)
    }
}

/// Name and type of the variables in a section's BTF that are not internal to the object.
fn visible<'b>(btf: &'b Btf<'_>, section: &str) -> impl Iterator<Item = (&'b str, TypeId)> {
    btf.iter()
        .filter_map(move |(_, ty)| match &ty.kind {
            Kind::Section(variables) if ty.name == section => Some(variables),
            _ => None,
        })
        .flatten()
        .filter_map(|id| match btf.get(*id) {
            Type { name, kind: Kind::Variable { ty, linkage } } if *linkage != Linkage::Static => Some((*name, *ty)),
            _ => None,
        })
}

/// Externs of the kernel's configuration, placed as libbpf places them: by alignment, size and name.
fn kconfig(btf: &Btf<'_>) -> Result<Vec<Variable>> {
    let layouts = Layouts::new(btf);
    let mut externs = visible(btf, KCONFIG_SECTION)
        .map(|(name, ty)| Ok((layouts.align_of(ty)?, btf.size_of(ty)?, name, ty)))
        .collect::<Result<Vec<_>>>()?;
    externs.sort_by(|a, b| (b.0, a.1, a.2).cmp(&(a.0, b.1, b.2)));
    let mut end = 0_u64;
    Ok(externs
        .into_iter()
        .map(|(align, size, name, ty)| {
            let offset = end.next_multiple_of(u64::from(align));
            end = offset + size;
            Variable { name: name.to_owned(), ty, offset, size }
        })
        .collect())
}

/// The map that libbpf makes of a data section.
fn internal_map(section: &str, variables: Vec<Variable>) -> Map {
    let ident = identifier(section.strip_prefix('.').unwrap_or(section));
    Map {
        name: section.to_owned(),
        ident: ident.clone(),
        struct_ops: false,
        data: (!variables.is_empty()).then_some(Data { ident, variables }),
    }
}

/// libbpf takes a variable of hidden visibility as one of the object's own.
fn is_hidden<A, B>(flags: &SymbolFlags<A, B>) -> bool {
    let SymbolFlags::Elf { st_other, .. } = flags else {
        return false;
    };
    [STV_HIDDEN, STV_INTERNAL].contains(&st_other.visibility())
}

/// What a section's header says about its contents.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Code,
    Data,
    Zeroes,
    Other,
}

fn shape<'a>(section: &impl ObjectSection<'a>) -> Shape {
    match section.flags() {
        SectionFlags::Elf { sh_type, sh_flags } if sh_type == SHT_PROGBITS => {
            if sh_flags.contains(SHF_EXECINSTR) {
                Shape::Code
            } else {
                Shape::Data
            }
        }
        SectionFlags::Elf { sh_type, .. } if sh_type == SHT_NOBITS => Shape::Zeroes,
        _ => Shape::Other,
    }
}

fn is_data_section<'a>(name: &str, section: &impl ObjectSection<'a>) -> bool {
    let named = |wanted: &str| name.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    match shape(section) {
        Shape::Zeroes => named(".bss"),
        Shape::Data => named(".data") || named(".rodata"),
        Shape::Code | Shape::Other => false,
    }
}

/// Whether a map definition says BPF_MAP_TYPE_ARENA: `type` is a pointer to an array of that many elements.
fn is_arena_map(btf: &Btf<'_>, ty: TypeId) -> Result<bool> {
    const BPF_MAP_TYPE_ARENA: u32 = 33;
    let Kind::Record(definition) = btf.kind(btf.resolved(ty)?) else {
        return Ok(false);
    };
    let Some(member) = definition.members.iter().find(|m| m.name == "type") else {
        return Ok(false);
    };
    let Kind::Pointer(to) = btf.kind(btf.resolved(member.ty)?) else {
        return Ok(false);
    };
    Ok(matches!(
        btf.kind(*to),
        Kind::Array { count, .. } if *count == BPF_MAP_TYPE_ARENA
    ))
}

/// `name` with everything that C does not allow replaced by underscores.
pub(crate) fn identifier(name: &str) -> String {
    let mut ident: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if ident.starts_with(|c: char| c.is_ascii_digit()) {
        ident.insert(0, '_');
    }
    ident
}

fn bad_symbol(error: object::Error) -> Error {
    Error::elf(format!("failed to read the name of a symbol: {error}"))
}

fn bad_section(error: object::Error) -> Error {
    Error::elf(format!("failed to read the name of a section: {error}"))
}
