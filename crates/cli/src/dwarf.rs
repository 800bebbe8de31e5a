//! Takes the debug information for debuggers (DWARF) out of a BPF object; BTF, which the kernel reads, stays.

use anyhow::{Context, Result};
use object::build::elf::{Builder, SectionData};
use object::elf;

/// Returns `file` without the sections `.debug_*` and their relocations and symbols.
///
/// # Errors
/// When `file` is not an ELF object as clang writes it, without `.llvm_addrsig`.
pub(crate) fn strip(file: &[u8]) -> Result<Vec<u8>> {
    let mut builder = Builder::read(file).context("cannot read the object that clang wrote")?;
    for section in &mut builder.sections {
        let name = section.name.as_slice();
        section.delete = name.strip_prefix(b".rel").unwrap_or(name).starts_with(b".debug_");
    }
    // Also deletes the symbols of deleted sections.
    builder.delete_orphans();
    // clang has the names of sections and of symbols in one table, the builder wants two.
    let names = builder.sections.add();
    names.name = b".shstrtab".as_slice().into();
    names.sh_type = elf::SHT_STRTAB;
    names.sh_addralign = 1;
    names.data = SectionData::SectionString;

    let mut stripped = Vec::new();
    builder.write(&mut stripped).context("cannot write the object without its debug information")?;
    Ok(stripped)
}
