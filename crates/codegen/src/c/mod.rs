//! The C back-end.

mod declaration;
mod declare;
mod embed;
mod lengthen;
mod names;
mod pointers;
mod record;
mod related;
mod shadow;
mod shared;
mod skeleton;
mod template;
mod tokens;
mod types;
mod vmlinux;
mod widen;

pub use lengthen::Variadic;
pub(crate) use lengthen::{lengthen, variadic};
pub(crate) use related::together;
pub(crate) use shared::{defined_types, layout_checks};
pub(crate) use skeleton::skeleton;
pub(crate) use types::types;
pub(crate) use vmlinux::vmlinux;
pub(crate) use widen::{shift, widen};

use crate::error::{Error, Result};
use crate::layout::Layouts;
use crate::model::*;

use names::Names;

/// Compilers know this typedef and take no definition of it; it is expanded, because BPF's has another size than the kernel's.
const BUILTIN: &str = "__builtin_va_list";
/// Anonymous types are written out at each use: a bound on what a malicious object can make of that.
const MAX_TEXT: usize = 256 << 20;
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
    written: usize,
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
            written: 0,
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
            Kind::Record(record) => format!("{};\n", self.record(id, record, &name, 0)?),
            Kind::Enum(e) => format!("{};\n", self.enumeration(&name, e, 0)?),
            Kind::Typedef(to) => format!("typedef {};\n", self.declare(*to, &name, 0)?),
            _ => return Err(Error::btf(format!("type {id} `{name}` defines nothing"))),
        })
    }

    /// Counts how deep types nest, and runs `write`.
    fn nested<T>(&mut self, write: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Error::btf("types nest too deeply to be written out"));
        }
        let result = write(self);
        self.depth -= 1;
        result
    }

    /// Counts text, each time that it is copied into an outer one.
    fn wrote(&mut self, line: &str) -> Result<()> {
        self.written += line.len();
        if self.written > MAX_TEXT {
            return Err(Error::btf(format!("the types expand to more than {MAX_TEXT} bytes of text")));
        }
        Ok(())
    }
}
