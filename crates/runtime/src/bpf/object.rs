//! A BPF object: the ELF file that holds programs and maps.

use std::cell::Cell;
use std::rc::Rc;

use rustix::io::Errno;

use super::advice::{Operation, advise};
use super::log::Log;
use super::sys::map::RawMap;
use super::sys::object::RawObject;
use super::sys::program::RawProgram;
use super::{program, verifier};
use crate::error::{Error, Result};
use crate::policy::{Grant, Policy};

pub(crate) use super::sys::object::OpenOptions;

const ELF_MAGIC: &[u8] = b"\x7fELF";

/// An open or loaded object. Programs and maps are named by their index in it.
pub(crate) struct Object {
    raw: Rc<RawObject>,
    loaded: Cell<bool>,
}

impl Object {
    /// Parses `elf`. Nothing reaches the kernel yet.
    pub(crate) fn open(elf: &[u8], options: &OpenOptions, policy: &Policy, log: &mut Log) -> Result<Self> {
        if !elf.starts_with(ELF_MAGIC) {
            let error = Error::kernel("failed to open the BPF object: it is no ELF file", Errno::NOEXEC);
            return Err(error.advise("a BPF object is what `clang -target bpf -g -O2 -c` writes"));
        }
        if options.pin_root.is_some() {
            policy.require(Grant::Pin, "a pin root", "it names a folder of the BPF file system")?;
        }
        let (raw, warnings) = log.during(|| RawObject::open(elf, options));
        let raw = raw.map_err(|errno| {
            let error = Error::kernel("failed to open the BPF object", errno);
            match warnings.last() {
                Some(line) => error.advise(line.text.trim_end()),
                None => error,
            }
        })?;
        Ok(Self { raw: Rc::new(raw), loaded: Cell::new(false) })
    }

    /// Creates the maps and loads the programs, after `policy` has seen what they are and what they call.
    pub(crate) fn load(&self, policy: &Policy, log: &mut Log) -> Result<()> {
        self.check_maps(policy)?;
        self.programs().filter(RawProgram::autoload).try_for_each(|raw| program::check_kind(&raw, policy))?;
        let (result, warnings) = log.during(|| {
            // Prepared objects have their subprograms in place, so that no call can hide from the check.
            self.raw.prepare().map_err(|errno| self.load_error(errno))?;
            self.programs().filter(RawProgram::autoload).try_for_each(|raw| program::check_calls(&raw, policy))?;
            self.raw.load().map_err(|errno| self.load_error(errno))
        });
        result.map_err(|error| match verifier::rejection(&warnings) {
            Some(rejection) => {
                let what = format!("failed to load program `{}`: the verifier refused it", rejection.program);
                let error = Error::kernel(what, error.errno());
                error.advise(rejection.tail.replace('\n', "\n  "))
            }
            None if error.advice().is_none() => match warnings.first() {
                Some(line) => error.advise(line.text.trim_end()),
                None => error,
            },
            None => error,
        })?;
        self.loaded.set(true);
        Ok(())
    }

    /// Whether load succeeded.
    pub(crate) fn is_loaded(&self) -> bool {
        self.loaded.get()
    }

    /// The object's name, as it prefixes the names of its global data maps.
    pub(crate) fn name(&self) -> String {
        self.raw.name()
    }

    /// The program at `index`, in the order of the file.
    pub(crate) fn program(&self, index: usize) -> Option<RawProgram<'_>> {
        self.raw.program(index)
    }

    /// All programs.
    pub(crate) fn programs(&self) -> impl Iterator<Item = RawProgram<'_>> {
        (0..self.raw.program_count()).filter_map(|index| self.raw.program(index))
    }

    /// The map at `index`.
    pub(crate) fn map(&self, index: usize) -> Option<RawMap<'_>> {
        self.raw.map(index)
    }

    /// All maps.
    pub(crate) fn maps(&self) -> impl Iterator<Item = RawMap<'_>> {
        (0..self.raw.map_count()).filter_map(|index| self.raw.map(index))
    }

    /// The index of the program called `name`.
    pub(crate) fn find_program(&self, name: &str) -> Option<usize> {
        self.programs().position(|program| program.name() == name)
    }

    /// The index of the map called `name`; `.bss` and the like find the map of that section.
    pub(crate) fn find_map(&self, name: &str) -> Option<usize> {
        self.maps().position(|map| map.name() == name || (name.starts_with('.') && map.name().ends_with(name)))
    }

    pub(super) fn raw(&self) -> &Rc<RawObject> {
        &self.raw
    }

    fn check_maps(&self, policy: &Policy) -> Result<()> {
        for map in self.maps().filter(|map| map.definition().autocreate) {
            let subject = format!("map `{}`", map.name());
            if !map.pin_path().is_empty() {
                let reason = format!("it is to be pinned at {}, where other programs' maps may be", map.pin_path());
                policy.require(Grant::Pin, &subject, &reason)?;
            }
            let definition = map.definition();
            if definition.kind == libbpf_sys::BPF_MAP_TYPE_ARENA && definition.map_extra != 0 {
                // libbpf would map the arena over whatever the host has at that address.
                let what = format!("failed to load {subject}: an arena's address is not for the object to choose");
                return Err(Error::kernel(what, Errno::INVAL).advise("leave map_extra at 0"));
            }
        }
        Ok(())
    }

    fn load_error(&self, errno: Errno) -> Error {
        advise(Error::kernel(format!("failed to load BPF object `{}`", self.name()), errno), Operation::Load)
    }
}
