//! Types as C, and data by its type, as libbpf prints them.

use std::ffi::CStr;
use std::rc::Rc;

use rustix::io::Errno;

use super::btf::Btf;
use super::log::Log;
use super::sys::btf_dump::RawDump;
use crate::error::{Error, Result};

pub(crate) use super::sys::btf_dump::DataOptions;

/// A dump of types, which remembers what it has printed.
pub(crate) struct Dump(RawDump);

impl Dump {
    /// A dump that has printed nothing yet.
    pub(crate) fn new(btf: &Rc<Btf>) -> std::result::Result<Self, Errno> {
        RawDump::new(btf).map(Self)
    }

    /// Prints a type's definition with all that it needs and that was not printed before.
    pub(crate) fn define(&mut self, id: u32, log: &mut Log) -> Result<()> {
        log.during(|| self.0.define(id)).0.map_err(|errno| failed(id, errno))
    }

    /// Prints a declaration of something called `name`, without its const and volatile where `strip` says so.
    pub(crate) fn declare(&mut self, id: u32, name: &CStr, level: i32, strip: bool, log: &mut Log) -> Result<()> {
        log.during(|| self.0.declare(id, name, level, strip)).0.map_err(|errno| failed(id, errno))
    }

    /// Prints data of a type; the number of its bytes. E2BIG, after what there is, where the type has more.
    pub(crate) fn data(&mut self, id: u32, data: &[u8], options: &DataOptions<'_>, log: &mut Log) -> Result<i32> {
        log.during(|| self.0.data(id, data, options)).0.map_err(|errno| failed(id, errno))
    }

    /// Takes at most `len` bytes of what was printed.
    pub(crate) fn take(&mut self, len: usize) -> Vec<u8> {
        self.0.take(len)
    }
}

fn failed(id: u32, errno: Errno) -> Error {
    let error = Error::kernel(format!("failed to print type {id}"), errno);
    match errno {
        Errno::LOOP => error.advise("it contains itself"),
        Errno::FBIG => error.advise("it is too deep or too large"),
        Errno::OVERFLOW => error.advise("some of the text is lost: take it before there is more than 32 MiB of it"),
        _ => error,
    }
}
