//! Takes the debug information out of a library of WebAssembly objects: two thirds of it, which no guest keeps.
//!
//! Written for this one use, since no crate writes archives with the index of symbols that linkers ask for. Formats:
//! `ar(5)` with GNU's index; WebAssembly 2.0, 5.5 (sections); tool-conventions, Linking.md (`reloc.*`).

use anyhow::{Context, Result, bail};

const ARCHIVE: &[u8] = b"!<arch>\n";
const OBJECT: &[u8] = b"\0asm";
/// Bytes of a member's header, and where in it its size is.
const HEADER: usize = 60;
const SIZE: std::ops::Range<usize> = 48..58;

/// The library without debug information; anything else unchanged.
///
/// # Errors
/// When the archive or an object in it is damaged.
pub(crate) fn library(bytes: Vec<u8>) -> Result<Vec<u8>> {
    let Some(mut rest) = bytes.strip_prefix(ARCHIVE) else { return Ok(bytes) };
    let (mut stripped, mut moved) = (ARCHIVE.to_vec(), Vec::new());
    let mut index = None;
    while !rest.is_empty() {
        let at = bytes.len() - rest.len();
        let header = rest.get(..HEADER).context("a member's header is cut off")?;
        let size: usize = std::str::from_utf8(&header[SIZE])?.trim_end().parse().context("a member has no size")?;
        let content = rest.get(HEADER..HEADER + size).context("a member is cut off")?;
        let kept = if content.starts_with(OBJECT) { object(content)? } else { content.to_vec() };
        moved.push((at as u32, stripped.len() as u32));
        stripped.extend_from_slice(&header[..SIZE.start]);
        stripped.extend_from_slice(format!("{:<10}", kept.len()).as_bytes());
        stripped.extend_from_slice(&header[SIZE.end..]);
        if header.starts_with(b"/ ") {
            index = Some(stripped.len());
        }
        stripped.extend_from_slice(&kept);
        // Members start at even offsets.
        if kept.len() % 2 == 1 {
            stripped.push(b'\n');
        }
        rest = rest.get(HEADER + size + size % 2..).unwrap_or_default();
    }
    if let Some(index) = index {
        relocate(&mut stripped[index..], &moved)?;
    }
    Ok(stripped)
}

/// Corrects an index of symbols: their number, then for each the offset of its member, all big-endian.
fn relocate(index: &mut [u8], moved: &[(u32, u32)]) -> Result<()> {
    let word = |bytes: &[u8]| -> Result<u32> { Ok(u32::from_be_bytes(bytes.try_into()?)) };
    let count = word(index.get(..4).context("the index of symbols is cut off")?)? as usize;
    let offsets = index.get_mut(4..4 + 4 * count).context("the index of symbols is cut off")?;
    for offset in offsets.chunks_exact_mut(4) {
        let old = word(offset)?;
        let (_, new) = moved.iter().find(|(from, _)| *from == old).context("a symbol's member is not there")?;
        offset.copy_from_slice(&new.to_be_bytes());
    }
    Ok(())
}

/// An object without its debug information. Those sections stay, empty: symbols name them by number.
fn object(bytes: &[u8]) -> Result<Vec<u8>> {
    let (mut stripped, mut rest) = (bytes[..8].to_vec(), &bytes[8..]);
    while let Some((&id, after)) = rest.split_first() {
        let (size, after) = number(after)?;
        let body = after.get(..size).context("a section is cut off")?;
        rest = &after[size..];
        let kept = if id == 0 { custom(body)? } else { Some(body) };
        if let Some(kept) = kept {
            stripped.push(id);
            push_number(&mut stripped, kept.len());
            stripped.extend_from_slice(kept);
        }
    }
    Ok(stripped)
}

/// What stays of a custom section; `None` for one that goes.
fn custom(body: &[u8]) -> Result<Option<&[u8]>> {
    let (length, after) = number(body)?;
    let name = after.get(..length).context("a section's name is cut off")?;
    if name.starts_with(b".debug_") {
        return Ok(Some(&body[..body.len() - after.len() + length]));
    }
    let goes = name.starts_with(b"reloc..debug_") || name == b"producers";
    Ok((!goes).then_some(body))
}

/// An unsigned LEB128 number, and what follows it.
fn number(bytes: &[u8]) -> Result<(usize, &[u8])> {
    let mut value = 0;
    for (at, byte) in bytes.iter().take(5).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Ok((value, &bytes[at + 1..]));
        }
    }
    bail!("a number is cut off")
}

fn push_number(bytes: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}
