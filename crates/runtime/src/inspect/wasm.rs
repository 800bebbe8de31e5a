//! A module as it lies on disk: its imports, and its memory before it runs.

use wasmparser::{DataKind, Operator, Parser, Payload, TypeRef};

use crate::error::{Error, Result};

/// The largest image of the memory that is looked at, in bytes. Segments above are looked at one by one.
const MAX_IMAGE: usize = 64 << 20;

/// The zeros after the last segment that can be an object's end, in bytes.
const TAIL: usize = 64 << 10;

/// What there is to see without running.
#[derive(Default)]
pub(super) struct Wasm<'a> {
    /// Modules and names of imported functions.
    pub(super) imports: Vec<(&'a str, &'a str)>,
    /// The initial memory, then what is put there by the module itself.
    pub(super) images: Vec<Image>,
}

/// A part of memory.
pub(super) struct Image {
    /// Where it begins; 0 where only running tells.
    pub(super) at: usize,
    pub(super) bytes: Vec<u8>,
}

impl<'a> Wasm<'a> {
    pub(super) fn parse(wasm: &'a [u8]) -> Result<Self> {
        crate::module::check_magic(wasm)?;
        let fail = |error: wasmparser::BinaryReaderError| Error::module(format!("the module is damaged: {error}"));
        let mut found = Self::default();
        let mut placed = Vec::new();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.map_err(fail)? {
                Payload::Version { encoding: wasmparser::Encoding::Component, .. } => {
                    return Err(Error::module("this is a WebAssembly component; only core modules can be inspected"));
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let import = import.map_err(fail)?;
                        if matches!(import.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)) {
                            found.imports.push((import.module, import.name));
                        }
                    }
                }
                Payload::DataSection(segments) => {
                    for segment in segments {
                        let segment = segment.map_err(fail)?;
                        match place(&segment.kind) {
                            Some(at) => placed.push((at, segment.data)),
                            None => found.images.push(Image { at: 0, bytes: segment.data.to_vec() }),
                        }
                    }
                }
                _ => {}
            }
        }
        // Below the first segment is the stack: megabytes of zeros.
        let start = placed.iter().map(|(at, _)| *at).min().unwrap_or(0);
        let mut image = Vec::new();
        for (at, data) in placed {
            if at - start + data.len() <= MAX_IMAGE {
                put(&mut image, at - start, data);
            } else {
                found.images.push(Image { at, bytes: data.to_vec() });
            }
        }
        // Memory goes on with zeros, which segments leave out.
        image.resize(image.len() + TAIL, 0);
        found.images.insert(0, Image { at: start, bytes: image });
        Ok(found)
    }
}

/// Where a segment lies from the start; `None`: the module puts it there by itself, or says so in a way that only
/// running tells.
fn place(kind: &DataKind<'_>) -> Option<usize> {
    let DataKind::Active { memory_index: 0, offset_expr } = kind else { return None };
    match offset_expr.get_operators_reader().read().ok()? {
        Operator::I32Const { value } => Some(value as u32 as usize),
        _ => None,
    }
}

fn put(image: &mut Vec<u8>, at: usize, data: &[u8]) {
    let end = at + data.len();
    if image.len() < end {
        image.resize(end, 0);
    }
    image[at..end].copy_from_slice(data);
}
