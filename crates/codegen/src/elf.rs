//! The ELF side of a BPF object: its sections with their symbols, read once.

use std::collections::HashMap;

use object::elf::{SHF_EXECINSTR, SHT_NOBITS, SHT_PROGBITS, STV_HIDDEN, STV_INTERNAL};
use object::read::elf::ElfFile64;
use object::{Object as _, ObjectSection as _, ObjectSymbol as _, SectionFlags, SymbolFlags, SymbolKind};

use crate::error::{Error, Result};

/// A parsed object file. Its BTF is apart: see [`btf_section`].
pub(crate) struct Elf<'a> {
    /// In the order of the file.
    pub(crate) sections: Vec<Section<'a>>,
}

pub(crate) struct Section<'a> {
    pub(crate) name: &'a str,
    /// Bytes.
    pub(crate) size: u64,
    pub(crate) shape: Shape,
    pub(crate) symbols: Vec<Symbol<'a>>,
}

/// What a section's header says about its contents.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Code,
    Data,
    Zeroes,
    Other,
}

pub(crate) struct Symbol<'a> {
    pub(crate) name: &'a str,
    /// Bytes from the start of the section.
    pub(crate) offset: u64,
    /// Visible within the object only, as libbpf sees it.
    pub(crate) hidden: bool,
    function: bool,
    local: bool,
}

/// The bytes of `.BTF`.
pub(crate) fn btf_section(elf: &[u8]) -> Result<&[u8]> {
    section(elf, ".BTF")?.ok_or_else(|| {
        Error::elf("the object has no .BTF section: compile it with -g, and strip it with llvm-strip -g at most")
    })
}

/// The bytes of the section called `name`, if there is one.
pub(crate) fn section<'a>(elf: &'a [u8], name: &str) -> Result<Option<&'a [u8]>> {
    let file = parse(elf)?;
    let data = file.section_by_name(name).map(|section| section.data()).transpose();
    data.map_err(|error| Error::elf(format!("failed to read section {name}: {error}")))
}

/// BPF objects and kernels have 64 bits; readers of other formats would only be ballast.
fn parse(data: &[u8]) -> Result<ElfFile64<'_>> {
    ElfFile64::parse(data).map_err(|error| Error::elf(format!("failed to read the object file: {error}")))
}

impl<'a> Elf<'a> {
    pub(crate) fn parse(data: &'a [u8]) -> Result<Self> {
        let file = parse(data)?;
        let mut sections = Vec::new();
        let mut places = HashMap::new();
        for section in file.sections() {
            let name =
                section.name().map_err(|error| Error::elf(format!("failed to read the name of a section: {error}")))?;
            places.insert(section.index(), sections.len());
            sections.push(Section { name, size: section.size(), shape: shape(section.flags()), symbols: Vec::new() });
        }
        for symbol in file.symbols() {
            let Some(place) = symbol.section_index().and_then(|index| places.get(&index)) else {
                continue;
            };
            let name =
                symbol.name().map_err(|error| Error::elf(format!("failed to read the name of a symbol: {error}")))?;
            sections[*place].symbols.push(Symbol {
                name,
                offset: symbol.address(),
                hidden: is_hidden(&symbol.flags()),
                function: symbol.kind() == SymbolKind::Text,
                local: symbol.is_local(),
            });
        }
        Ok(Self { sections })
    }

    /// The first section of that name.
    pub(crate) fn section(&self, name: &str) -> Option<&Section<'a>> {
        self.sections.iter().find(|section| section.name == name)
    }

    /// Names of the entry programs, by section and place.
    pub(crate) fn programs(&self) -> Vec<&'a str> {
        let mut programs = Vec::new();
        for section in &self.sections {
            // What is in .text is called by others.
            if section.shape != Shape::Code || section.size == 0 || section.name == ".text" {
                continue;
            }
            let mut entries: Vec<_> = section
                .symbols
                .iter()
                .filter(|symbol| symbol.function && !symbol.local)
                .map(|symbol| (symbol.offset, symbol.name))
                .collect();
            entries.sort_unstable();
            programs.extend(entries.into_iter().map(|(_, name)| name));
        }
        programs
    }
}

fn shape(flags: SectionFlags) -> Shape {
    match flags {
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

/// libbpf takes a variable of hidden visibility as one of the object's own.
fn is_hidden<A, B>(flags: &SymbolFlags<A, B>) -> bool {
    let SymbolFlags::Elf { st_other, .. } = flags else {
        return false;
    };
    [STV_HIDDEN, STV_INTERNAL].contains(&st_other.visibility())
}
