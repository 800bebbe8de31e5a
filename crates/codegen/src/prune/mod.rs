//! Makes BPF objects small: what debuggers read goes, and of BTF only what libbpf and the kernel read stays.
//!
//! ```text
//!   .BTF -> model, raw words \
//!   .BTF.ext -> relocations   -> keep (types, members, values) -> write -> .BTF, .BTF.ext
//! ```
//!
//! A program that reads one member of a `task_struct` carries the types of half the kernel: everything that is reachable from it. But libbpf
//! takes from there only the names on the way to the member, and the kernel only names and sizes of what functions point to. So records
//! become *shells*: the name, the size, and the members that relocations name. Whole are variables and the keys and values of maps, in
//! which the kernel looks for locks, timers and the like; types that programs make objects of; and those that must match the kernel's.

mod ext;
mod keep;
pub(crate) mod kernel;
mod raw;
mod relocation;
mod write;

use std::borrow::Cow;

use object::Endianness;
use object::build::elf::{Builder, SectionData};
use object::elf::{EM_BPF, ET_REL, FileHeader64, SHT_PROGBITS, SHT_STRTAB, SectionType};
use object::read::elf::{FileHeader as _, SectionHeader as _};

use crate::btf;
use crate::error::{Error, Result};
use ext::Ext;
use keep::Keep;
use raw::{Raw, Strings};
use relocation::access;
use write::Ids;

/// LLVM's list of symbols whose address matters.
const SHT_LLVM_ADDRSIG: SectionType = SectionType(0x6fff_4c03);
/// A page: nothing in an object needs more.
const MAX_ALIGN: u64 = 4096;
/// Bytes of BTF's header.
const HEADER: u32 = 24;
const MAGIC_AND_VERSION: u32 = 0x0001_eb9f;

/// The BPF object `elf` as libbpf and the kernel need it, and no more: without DWARF, without relocations that libbpf does not read, and with
/// BTF that has only what maps, variables, functions and CO-RE relocations name. Programs, maps, symbols and source lines (the verifier's log quotes
/// them, and they are 1 KB of a typical object) stay as they are.
///
/// What goes are members of the kernel's types that no relocation names, so take types for guests ([`types`](crate::types)) from `elf` itself.
/// A type that nothing of the above contains by value keeps only its name and size, also if a variable points to it.
///
/// # Errors
/// [`ErrorKind::Elf`](crate::ErrorKind::Elf) if `elf` is not a relocatable BPF object; [`ErrorKind::Btf`](crate::ErrorKind::Btf) if its BTF or
/// its relocations are broken; [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) if it is big-endian or has relocations of a kind unknown here.
pub fn slim(elf: &[u8]) -> Result<Vec<u8>> {
    let readable = without_addrsig(elf)?;
    let mut object =
        Builder::read(&*readable).map_err(|error| Error::elf(format!("failed to read the object: {error}")))?;
    if !object.segments.is_empty() {
        return Err(Error::elf("the object has segments, as only programs and libraries have"));
    }
    for section in &mut object.sections {
        section.delete = is_superfluous(section.name.as_slice());
        // The builder believes any alignment but "none".
        section.sh_addralign = section.sh_addralign.max(1);
        if !section.sh_addralign.is_power_of_two() || section.sh_addralign > MAX_ALIGN {
            let name = String::from_utf8_lossy(section.name.as_slice());
            return Err(Error::elf(format!("section {name} is aligned to {} bytes", section.sh_addralign)));
        }
    }
    // Symbols of the sections that go.
    object.delete_orphans();

    if let Some(btf) = section(&object, b".BTF")? {
        let ext = section(&object, b".BTF.ext")?;
        let (btf, ext) = prune(&btf, ext.as_deref())?;
        for section in &mut object.sections {
            match section.name.as_slice() {
                b".BTF" => section.data = SectionData::Data(btf.clone().into()),
                b".BTF.ext" => section.data = SectionData::Data(ext.clone().into()),
                _ => {}
            }
        }
    }

    // clang has the names of sections and of symbols in one table, the builder wants two.
    if !object.sections.iter().any(|section| matches!(section.data, SectionData::SectionString)) {
        let names = object.sections.add();
        names.name = b".shstrtab".as_slice().into();
        names.sh_type = SHT_STRTAB;
        names.sh_addralign = 1;
        names.data = SectionData::SectionString;
    }
    let mut out = Vec::new();
    object.write(&mut out).map_err(|error| Error::elf(format!("failed to write the object: {error}")))?;
    Ok(out)
}

fn is_superfluous(name: &[u8]) -> bool {
    let target = name.strip_prefix(b".rel").unwrap_or(name);
    target.starts_with(b".debug_") || matches!(name, b".rel.BTF" | b".rel.BTF.ext" | b".llvm_addrsig")
}

/// `elf` with clang's list of symbols whose address matters as plain bytes: the builder refuses sections of types that it does not know.
fn without_addrsig(elf: &[u8]) -> Result<Cow<'_, [u8]>> {
    let broken = |error| Error::elf(format!("failed to read the object: {error}"));
    let header = FileHeader64::<Endianness>::parse(elf).map_err(broken)?;
    let endian = header.endian().map_err(broken)?;
    if header.e_machine(endian) != EM_BPF || header.e_type(endian) != ET_REL {
        return Err(Error::elf("the file is not a relocatable BPF object"));
    }
    if endian != Endianness::Little {
        return Err(Error::unsupported("the object is big-endian; WebAssembly is little-endian"));
    }
    let mut copy = Cow::Borrowed(elf);
    let sections = header.section_headers(endian, elf).map_err(broken)?;
    for (index, section) in sections.iter().enumerate() {
        if section.sh_type(endian) == SHT_LLVM_ADDRSIG {
            // The header's second word is its type; the headers were read from there, so they are there.
            let at = header.e_shoff(endian) as usize + index * size_of_val(section) + 4;
            copy.to_mut()[at..at + 4].copy_from_slice(&SHT_PROGBITS.0.to_le_bytes());
        }
    }
    Ok(copy)
}

/// The contents of the only section called `name`.
fn section(object: &Builder<'_>, name: &[u8]) -> Result<Option<Vec<u8>>> {
    let shown = || String::from_utf8_lossy(name).into_owned();
    let mut found = object.sections.iter().filter(|section| section.name.as_slice() == name);
    let Some(section) = found.next() else { return Ok(None) };
    if found.next().is_some() {
        return Err(Error::elf(format!("the object has more than one section {}", shown())));
    }
    match &section.data {
        SectionData::Data(data) => Ok(Some(data.as_slice().to_vec())),
        _ => Err(Error::elf(format!("section {} has no contents", shown()))),
    }
}

/// The two sections with only what is needed.
fn prune(data: &[u8], ext: Option<&[u8]>) -> Result<(Vec<u8>, Vec<u8>)> {
    let (types, strings) = btf::sections(data)?;
    let btf = btf::parse(data)?;
    let raw = Raw::new(types);
    let mut strings = Strings::new(strings);
    let ext = ext.map(ext::parse).transpose()?;

    let relocations = ext.iter().flat_map(Ext::relocations).map(|relocation| {
        let text = strings.old(relocation.access)?;
        Ok((relocation.ty, access(&btf, relocation, text)?))
    });
    let keep = Keep::new(&btf, &raw, &relocations.collect::<Result<Vec<_>>>()?)?;

    let ids = Ids::new(&btf, &keep);
    let types = write::types(&btf, &raw, &keep, &ids, &mut strings)?;
    let ext = ext.map(|ext| {
        ext.write(
            &mut strings,
            |ty| ids.get(ty),
            |relocation, strings| {
                let old = strings.old(relocation.access)?;
                let new = access(&btf, relocation, old)?.text(|ty, index| keep.position(ty, index));
                strings.add(new.as_bytes())
            },
        )
    });
    let ext = ext.transpose()?.unwrap_or_default();

    Ok((assemble(&types, strings.into_bytes()), ext))
}

/// BTF of the words of types and their strings.
fn assemble(types: &[u32], strings: Vec<u8>) -> Vec<u8> {
    let types: Vec<u8> = types.iter().flat_map(|word| word.to_le_bytes()).collect();
    let (types_len, strings_len) = (types.len() as u32, strings.len() as u32);
    let header = [MAGIC_AND_VERSION, HEADER, 0, types_len, types_len, strings_len];
    let header = header.iter().flat_map(|word| word.to_le_bytes()).collect();
    [header, types, strings].concat()
}
