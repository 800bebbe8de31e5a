//! BPF objects in an image of memory, and what their functions call.

use std::collections::{BTreeSet, HashMap};

use object::elf::{EM_BPF, ET_REL, SHF_EXECINSTR};
use object::{File, Object as _, ObjectSection as _, ObjectSymbol as _, RelocationTarget, SectionFlags, SymbolKind};

/// `\x7fELF`, 64 bits, little-endian, version 1.
const MAGIC: &[u8] = b"\x7fELF\x02\x01\x01";
const HEADER: usize = 64;
const SECTION: usize = 64;
const SHT_NOBITS: u64 = 8;
/// An instruction's bytes.
const SIZE: u64 = 8;
/// The most objects in one module that are looked at.
const MAX_OBJECTS: usize = 64;
/// The most functions that one program is followed into.
const MAX_FUNCTIONS: usize = 10_000;

/// The places and bytes of the BPF objects in `image`.
pub(super) fn find(image: &[u8]) -> Vec<(usize, &[u8])> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(next) = image[at..].iter().position(|&byte| byte == MAGIC[0]) {
        at += next;
        match extent(&image[at..]) {
            Some(size) => {
                found.push((at, &image[at..at + size]));
                at += size;
            }
            None => at += 1,
        }
        if found.len() == MAX_OBJECTS {
            break;
        }
    }
    found
}

/// How many bytes the BPF object at the start of `data` has: up to the end of its last section or its headers.
fn extent(data: &[u8]) -> Option<usize> {
    if !data.starts_with(MAGIC)
        || number(data, 16, 2)? != u64::from(ET_REL.0)
        || number(data, 18, 2)? != u64::from(EM_BPF.0)
    {
        return None;
    }
    let (headers, count) = (number(data, 40, 8)?, number(data, 60, 2)?);
    if number(data, 58, 2)? != SECTION as u64 {
        return None;
    }
    let mut end = headers.checked_add(count * SECTION as u64)?.max(HEADER as u64);
    for index in 0..count {
        let header = usize::try_from(headers.checked_add(index * SECTION as u64)?).ok()?;
        let header = data.get(header..header.checked_add(SECTION)?)?;
        if number(header, 4, 4)? != SHT_NOBITS {
            end = end.max(number(header, 24, 8)?.checked_add(number(header, 32, 8)?)?);
        }
    }
    usize::try_from(end).ok().filter(|end| *end <= data.len())
}

/// The little-endian number of `len` bytes at `at`.
fn number(data: &[u8], at: usize, len: usize) -> Option<u64> {
    let mut bytes = [0; 8];
    bytes[..len].copy_from_slice(data.get(at..at + len)?);
    Some(u64::from_le_bytes(bytes))
}

/// What a program calls, directly or in its subprograms.
#[derive(Default)]
pub(super) struct Calls {
    /// Helpers by number.
    pub(super) helpers: BTreeSet<u32>,
    /// Functions of the kernel.
    pub(super) kfuncs: BTreeSet<String>,
}

/// The code of an object.
pub(super) struct Code<'a> {
    sections: Vec<Section<'a>>,
    /// The text of the section `license`.
    pub(super) license: String,
    /// Whether it has types, and places to relocate by them.
    pub(super) btf: bool,
    pub(super) relocatable: bool,
}

struct Section<'a> {
    data: &'a [u8],
    /// Start, end and name of each function, by start.
    functions: Vec<(u64, u64, &'a str)>,
    /// What instructions refer to, by their place.
    references: HashMap<u64, Reference<'a>>,
}

#[derive(Clone, Copy)]
enum Reference<'a> {
    /// A place in a section with code.
    Code {
        section: usize,
        at: u64,
    },
    /// Something of the kernel's.
    Kernel(&'a str),
    Other,
}

impl<'a> Code<'a> {
    /// `None`: it is no ELF file that can be read.
    pub(super) fn parse(elf: &'a [u8]) -> Option<Self> {
        let file = File::parse(elf).ok()?;
        let mut places = HashMap::new();
        let mut sections = Vec::new();
        for section in file.sections().filter(is_code) {
            places.insert(section.index(), sections.len());
            let data = section.data().ok()?;
            sections.push(Section { data, functions: Vec::new(), references: HashMap::new() });
        }
        for symbol in file.symbols().filter(|symbol| symbol.kind() == SymbolKind::Text) {
            let place = symbol.section_index().and_then(|index| places.get(&index));
            if let (Some(&place), Ok(name)) = (place, symbol.name()) {
                let end = symbol.address().saturating_add(symbol.size());
                sections[place].functions.push((symbol.address(), end, name));
            }
        }
        for section in file.sections() {
            let Some(&place) = places.get(&section.index()) else { continue };
            for (at, relocation) in section.relocations() {
                let RelocationTarget::Symbol(symbol) = relocation.target() else { continue };
                let Ok(symbol) = file.symbol_by_index(symbol) else { continue };
                let target = symbol.section_index().and_then(|index| places.get(&index));
                let reference = match target {
                    Some(&section) => Reference::Code { section, at: symbol.address() },
                    None if symbol.is_undefined() => Reference::Kernel(symbol.name().unwrap_or_default()),
                    None => Reference::Other,
                };
                sections[place].references.insert(at, reference);
            }
        }
        sections.iter_mut().for_each(|section| section.functions.sort_unstable());
        let bytes = |name: &str| file.section_by_name(name).and_then(|section| section.data().ok());
        let license = bytes("license").unwrap_or_default();
        let license = license.split(|byte| *byte == 0).next().unwrap_or_default();
        let license = String::from_utf8_lossy(&license[..license.len().min(256)]).into_owned();
        let (btf, relocatable) = (bytes(".BTF").is_some(), bytes(".BTF.ext").is_some());
        Some(Self { sections, license, btf, relocatable })
    }

    /// What the function called `program` calls, and what those call.
    pub(super) fn calls(&self, program: &str) -> Calls {
        let mut calls = Calls::default();
        let find = |section: &Section<'_>| section.functions.iter().position(|(_, _, name)| *name == program);
        let start = self.sections.iter().enumerate().find_map(|(index, section)| Some((index, find(section)?)));
        let mut todo: Vec<(usize, usize)> = start.into_iter().collect();
        let mut seen = BTreeSet::new();
        while let Some((section, function)) = todo.pop() {
            if seen.len() < MAX_FUNCTIONS && seen.insert((section, function)) {
                self.follow(section, function, &mut calls, &mut todo);
            }
        }
        calls
    }

    /// Collects the calls of one function, and the functions that it refers to.
    fn follow(&self, index: usize, function: usize, calls: &mut Calls, todo: &mut Vec<(usize, usize)>) {
        const CALL: u8 = 0x85;
        const LOAD: u8 = 0x18;
        let section = &self.sections[index];
        let (mut at, end, _) = section.functions[function];
        while at < end {
            let Some(bytes) = usize::try_from(at).ok().and_then(|at| section.data.get(at..at + SIZE as usize)) else {
                return;
            };
            let (code, register) = (bytes[0], bytes[1] >> 4);
            let value = i64::from(i32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]));
            let target = match (code, register, section.references.get(&at)) {
                (CALL, 0, _) => {
                    calls.helpers.insert(value as u32);
                    None
                }
                (CALL, _, Some(Reference::Kernel(name))) => {
                    calls.kfuncs.insert((*name).to_owned());
                    None
                }
                (CALL, _, Some(Reference::Code { section, at })) => {
                    Some((*section, at.wrapping_add_signed((value + 1) * 8)))
                }
                (CALL, 1, None) => Some((index, at.wrapping_add_signed((value + 1) * 8))),
                (LOAD, _, Some(Reference::Code { section, at })) => Some((*section, at.wrapping_add_signed(value))),
                _ => None,
            };
            todo.extend(target.and_then(|(section, at)| Some((section, self.sections[section].function_at(at)?))));
            at += if code == LOAD { 2 * SIZE } else { SIZE };
        }
    }
}

impl Section<'_> {
    fn function_at(&self, at: u64) -> Option<usize> {
        self.functions.iter().position(|(start, end, _)| (*start..*end).contains(&at))
    }
}

fn is_code<'d>(section: &impl object::ObjectSection<'d>) -> bool {
    matches!(section.flags(), SectionFlags::Elf { sh_flags, .. } if sh_flags.contains(SHF_EXECINSTR))
}
