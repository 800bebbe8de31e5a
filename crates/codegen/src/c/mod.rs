//! The C back-end.

mod declare;
mod embed;
mod names;
mod record;
mod skeleton;
mod template;
mod types;
mod vmlinux;

pub(crate) use skeleton::skeleton;
pub(crate) use types::types;
pub(crate) use vmlinux::vmlinux;

use crate::error::{Error, Result};
use crate::layout::Layouts;
use crate::model::*;

use names::Names;

/// Anonymous types are written out at each use: a bound on what a malicious object can make of that.
const MAX_PIECES: usize = 8_000_000;
/// Declarations nested deeper than this are refused.
const MAX_DEPTH: usize = 96;

/// Who reads the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// The BPF side: names, pointers and typedefs as the kernel has them.
    Kernel,
    /// wasm32 guests: integers of the size that they have on the BPF side, nothing else needed.
    Guest,
    /// wasm32 guests whose own headers define the structs, as skeletons expect it.
    Skeleton,
}

/// Writes declarations of the types of one BTF.
struct Printer<'a> {
    btf: &'a Btf<'a>,
    dialect: Dialect,
    layouts: Layouts<'a>,
    names: Names,
    pieces: usize,
    depth: usize,
    /// Numbers the padding of one definition.
    pads: usize,
    /// Structs and unions that the definition names but does not contain.
    mentioned: Vec<TypeId>,
    /// Where in the definition the printer is, and the members it has passed.
    path: Path,
    offsets: Vec<(String, u64)>,
}

/// The way to a member, as `offsetof` takes it.
#[derive(Clone, Default)]
struct Path {
    /// `None` within an array, where there is more than one.
    prefix: Option<String>,
    /// Bytes.
    offset: u64,
}

impl<'a> Printer<'a> {
    fn new(btf: &'a Btf<'a>, dialect: Dialect) -> Self {
        Self {
            btf,
            dialect,
            layouts: Layouts::new(btf),
            names: Names::new(btf, dialect),
            pieces: 0,
            depth: 0,
            pads: 0,
            mentioned: Vec::new(),
            path: Path::default(),
            offsets: Vec::new(),
        }
    }

    /// The definition of a named type or an anonymous enum, with its semicolon.
    fn definition(&mut self, id: TypeId) -> Result<String> {
        self.pads = 0;
        self.mentioned.clear();
        self.offsets.clear();
        self.path = Path { prefix: Some(String::new()), offset: 0 };
        let name = self.names.of(id).to_owned();
        Ok(match self.btf.kind(id) {
            Kind::Record(record) => {
                let body = self.record(id, record, 0)?;
                let keyword = if record.union { "union" } else { "struct" };
                format!("{keyword} {name} {body};\n")
            }
            Kind::Enum(e) => format!("{};\n", self.enumeration(&name, e, 0)?),
            Kind::Typedef(to) => format!("typedef {};\n", self.declare(*to, &name, 0)?),
            _ => return Err(Error::btf(format!("type {id} `{name}` defines nothing"))),
        })
    }

    /// Counts what is written and how deep, and runs `write`.
    fn nested<T>(&mut self, write: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.pieces += 1;
        self.depth += 1;
        if self.pieces > MAX_PIECES || self.depth > MAX_DEPTH {
            return Err(Error::btf("types nest too deeply, or expand to too much text"));
        }
        let result = write(self);
        self.depth -= 1;
        result
    }
}
