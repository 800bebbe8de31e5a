//! `.BTF.ext`: which function, source line and CO-RE relocation belongs to which instruction.

use crate::error::{Error, Result};
use crate::model::TypeId;
use crate::prune::raw::Strings;

const MAGIC_AND_VERSION: u32 = 0x0001_eb9f;
/// Bytes of a header with all three tables.
const HEADER: u32 = 32;
/// Bytes of a header without relocations, as old compilers wrote it.
const SHORT_HEADER: usize = 24;

/// The three tables, in the order of the file.
pub(crate) struct Ext<'a> {
    functions: Table<'a>,
    lines: Table<'a>,
    relocations: Table<'a>,
}

/// Records by section of the object; `width` bytes each, of which this library knows the first.
struct Table<'a> {
    width: usize,
    sections: Vec<(u32, &'a [u8])>,
}

/// A CO-RE relocation.
#[derive(Clone, Copy)]
pub(crate) struct Relocation {
    pub(crate) ty: TypeId,
    /// Its place in BTF's string table.
    pub(crate) access: u32,
    pub(crate) kind: u32,
}

pub(crate) fn parse(data: &[u8]) -> Result<Ext<'_>> {
    let head = words(data.get(..HEADER as usize).unwrap_or(data));
    let word = |at: usize| head.get(at).map_or(0, |word| *word as usize);
    if word(0) != MAGIC_AND_VERSION as usize {
        return Err(Error::unsupported(".BTF.ext is not little-endian, or not of version 1"));
    }
    let header = word(1);
    if header < SHORT_HEADER {
        return Err(Error::btf(".BTF.ext has a header that is too short"));
    }
    let body = data.get(header..).unwrap_or_default();
    let table = |at: usize, least: usize, what: &str| {
        if 4 * (at + 2) > header {
            return Ok(Table { width: least, sections: Vec::new() });
        }
        let (start, len) = (word(at), word(at + 1));
        start
            .checked_add(len)
            .and_then(|end| body.get(start..end))
            .and_then(|bytes| Table::parse(bytes, least))
            .ok_or_else(|| Error::btf(format!("the table of {what} in .BTF.ext is broken")))
    };
    Ok(Ext {
        functions: table(2, 8, "functions")?,
        lines: table(4, 16, "source lines")?,
        relocations: table(6, 16, "CO-RE relocations")?,
    })
}

impl<'a> Table<'a> {
    fn parse(data: &'a [u8], least: usize) -> Option<Self> {
        let mut table = Self { width: least, sections: Vec::new() };
        let Some((width, mut rest)) = data.split_first_chunk() else {
            return data.is_empty().then_some(table);
        };
        table.width = u32::from_le_bytes(*width) as usize;
        if table.width < least || !table.width.is_multiple_of(4) {
            return None;
        }
        while !rest.is_empty() {
            let (name, tail) = rest.split_first_chunk()?;
            let (count, tail) = tail.split_first_chunk()?;
            let len = (u32::from_le_bytes(*count) as usize).checked_mul(table.width)?;
            let (records, tail) = tail.split_at_checked(len)?;
            table.sections.push((u32::from_le_bytes(*name), records));
            rest = tail;
        }
        Some(table)
    }

    /// Writes the table; `change` gets the words of each record.
    fn write(
        &self,
        strings: &mut Strings<'_>,
        change: impl Fn(&mut [u32], &mut Strings<'_>) -> Result<()>,
    ) -> Result<Vec<u8>> {
        if self.sections.is_empty() {
            return Ok(Vec::new());
        }
        let mut table = vec![self.width as u32];
        for (name, records) in &self.sections {
            table.extend([strings.keep(*name)?, (records.len() / self.width) as u32]);
            for record in records.chunks_exact(self.width) {
                let mut record = words(record);
                change(&mut record, strings)?;
                table.extend(record);
            }
        }
        Ok(table.iter().flat_map(|word| word.to_le_bytes()).collect())
    }
}

impl Ext<'_> {
    /// All relocations.
    pub(crate) fn relocations(&self) -> impl Iterator<Item = Relocation> {
        let table = &self.relocations;
        table
            .sections
            .iter()
            .flat_map(|(_, records)| records.chunks_exact(table.width).map(|record| Relocation::new(&words(record))))
    }

    /// Writes `.BTF.ext` anew: `ty` gives the new id of a type, `access` the new place of a relocation's access string.
    pub(crate) fn write(
        &self,
        strings: &mut Strings<'_>,
        ty: impl Fn(TypeId) -> Result<TypeId>,
        access: impl Fn(Relocation, &mut Strings<'_>) -> Result<u32>,
    ) -> Result<Vec<u8>> {
        let functions = self.functions.write(strings, |record, _| {
            record[1] = ty(record[1])?;
            Ok(())
        })?;
        let lines = self.lines.write(strings, |record, strings| {
            record[1] = strings.keep(record[1])?;
            record[2] = strings.keep(record[2])?;
            Ok(())
        })?;
        let relocations = self.relocations.write(strings, |record, strings| {
            record[2] = access(Relocation::new(record), strings)?;
            record[1] = ty(record[1])?;
            Ok(())
        })?;

        let tables = [functions, lines, relocations];
        let mut header = vec![MAGIC_AND_VERSION, HEADER];
        let mut start = 0;
        for table in &tables {
            header.extend([start, table.len() as u32]);
            start += table.len() as u32;
        }
        Ok(header.iter().flat_map(|word| word.to_le_bytes()).chain(tables.concat()).collect())
    }
}

impl Relocation {
    /// From a record of at least four words; wider ones have more to say in later versions only.
    fn new(record: &[u32]) -> Self {
        Self { ty: record[1], access: record[2], kind: record[3] }
    }
}

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.as_chunks().0.iter().map(|word| u32::from_le_bytes(*word)).collect()
}
