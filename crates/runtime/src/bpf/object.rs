//! A BPF object: the ELF file that holds programs and maps.

use std::cell::Cell;
use std::os::fd::BorrowedFd;
use std::rc::Rc;

use rustix::io::Errno;

use super::Line;
use super::account::MapAccount;
use super::advice::{Operation, advise, concerns_machine};
use super::log::Log;
use super::program::KernelNames;
use super::sys::map::RawMap;
use super::sys::object::RawObject;
use super::sys::program::RawProgram;
use super::token::Token;
use super::types::Types;
use super::{arena, map, pin, program, verifier};
use crate::budget::{Budget, Charge};
use crate::error::{Error, Result};
use crate::policy::Policy;
use crate::privilege::with_reserve;

pub(crate) use super::sys::object::OpenOptions;

const ELF_MAGIC: &[u8] = b"\x7fELF";

/// An open or loaded object. Programs and maps are named by their index in it.
pub(crate) struct Object {
    raw: Rc<RawObject>,
    stage: Cell<Stage>,
    budget: Budget,
    /// The arena that the guest has: its index, and the guest's address of it.
    arena: Cell<Option<(usize, u32)>>,
    /// What to do where the kernel's types are missing.
    without_types: String,
    token: Option<Rc<Token>>,
}

/// How far an object has come. A failure does not take it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Open,
    /// Maps were to be created: from here on libbpf may have mapped some of them read-only.
    Preparing,
    Prepared,
    Loaded,
}

impl Object {
    /// Parses `elf`, which is to be relocated with what is known of `types`. Nothing reaches the kernel yet. What it makes
    /// the kernel allocate for user space is charged to `budget`.
    pub(crate) fn open(
        elf: &[u8],
        mut options: OpenOptions,
        types: &mut Types,
        policy: &Policy,
        budget: &Budget,
        log: &mut Log,
    ) -> Result<Self> {
        if !elf.starts_with(ELF_MAGIC) {
            let error = Error::kernel("failed to open the BPF object: it is no ELF file", Errno::NOEXEC);
            return Err(error.advise("a BPF object is what `clang -target bpf -g -O2 -c` writes"));
        }
        if let Some(root) = &options.pin_root {
            options.pin_root = Some(pin::checked(&root.to_string_lossy(), policy)?);
        }
        types.offer(elf, &mut options);
        let token = options.token.clone();
        let (raw, warnings) = log.during(|| RawObject::open(elf, options));
        let raw = raw.map_err(|errno| {
            let error = Error::kernel("failed to open the BPF object", errno);
            match warnings.last() {
                Some(line) => error.advise(line.text.trim_end()),
                None => error,
            }
        })?;
        Ok(Self {
            raw: Rc::new(raw),
            stage: Cell::new(Stage::Open),
            budget: budget.clone(),
            arena: Cell::default(),
            without_types: types.advice(),
            token,
        })
    }

    /// Creates the maps and relocates the programs, after `policy` has seen what they are. Load does it where it was
    /// not done.
    pub(crate) fn prepare(&self, policy: &Policy, account: &MapAccount, log: &mut Log) -> Result<()> {
        self.check_maps(policy)?;
        self.check_kinds(policy)?;
        if !self.is_live() {
            let maps = self.maps().filter(|map| map.definition().autocreate);
            let charges = maps.map(|map| account.charge(&map.name(), &map.definition()));
            let charges = charges.collect::<Result<Vec<Charge>>>()?;
            arena::charge_all(self)?;
            charges.into_iter().for_each(|charge| self.raw.keep(Rc::new(charge)));
        }
        self.stage.set(Stage::Preparing.max(self.stage.get()));
        let (prepared, warnings) = log.during(|| with_reserve(|| self.raw.prepare()));
        prepared.map_err(|errno| self.load_error(errno, &warnings, log))?;
        self.stage.set(Stage::Prepared);
        Ok(())
    }

    /// Creates the maps and loads the programs, after `policy` has seen what they are and what they call.
    pub(crate) fn load(&self, policy: &Policy, account: &MapAccount, log: &mut Log) -> Result<()> {
        if self.stage.get() < Stage::Prepared {
            self.prepare(policy, account, log)?;
        }
        // Programs can be changed after they were prepared, and preparing switches struct_ops programs on. Only
        // prepared ones have their subprograms in place, so that no call can hide from the check.
        self.check_kinds(policy)?;
        let mut names = KernelNames::default();
        for raw in self.programs().filter(RawProgram::autoload) {
            program::call_needs(&raw, &mut names).iter().try_for_each(|need| policy.check(need))?;
        }
        let (loaded, warnings) = log.during(|| with_reserve(|| self.raw.load()));
        loaded.map_err(|errno| self.load_error(errno, &warnings, log))?;
        self.stage.set(Stage::Loaded);
        Ok(())
    }

    /// What takes the place of capabilities for its maps.
    pub(super) fn token(&self) -> Option<BorrowedFd<'_>> {
        self.token.as_ref().map(|token| token.fd())
    }

    /// What the kernel wrote to the object's log, if it has one.
    pub(crate) fn kernel_log(&self) -> String {
        self.raw.log(None)
    }

    /// Whether load succeeded.
    pub(crate) fn is_loaded(&self) -> bool {
        self.stage.get() == Stage::Loaded
    }

    /// Whether libbpf may have made the maps' memory what the programs see.
    pub(crate) fn is_live(&self) -> bool {
        self.stage.get() > Stage::Open
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

    /// Where in its arena an object's global variables are, in bytes; 0 before load.
    pub(crate) fn globals_offset(&self) -> usize {
        self.raw.globals_offset()
    }

    /// The arena that the guest has: its index, and the guest's address of it.
    pub(crate) fn arena(&self) -> Option<(usize, u32)> {
        self.arena.get()
    }

    pub(super) fn set_arena(&self, index: usize, addr: u32) {
        self.arena.set(Some((index, addr)));
    }

    pub(super) fn budget(&self) -> &Budget {
        &self.budget
    }

    pub(super) fn raw(&self) -> &Rc<RawObject> {
        &self.raw
    }

    fn check_kinds(&self, policy: &Policy) -> Result<()> {
        let mut programs = self.programs().filter(RawProgram::autoload);
        programs.try_for_each(|raw| program::kind_needs(&raw).try_for_each(|need| policy.check(&need)))
    }

    fn check_maps(&self, policy: &Policy) -> Result<()> {
        for map in self.maps().filter(|map| map.definition().autocreate) {
            let pin = map.pin_path();
            if !pin.is_empty() {
                pin::checked(&pin, policy)?;
            }
            let definition = map.definition();
            if map.is_arena() {
                arena::check(&map)?;
            }
            map::needs(&map.name(), &definition).try_for_each(|need| policy.check(&need))?;
        }
        Ok(())
    }

    /// A failure to load, with what libbpf said about it: the verifier's reason, otherwise the part that failed.
    fn load_error(&self, errno: Errno, warnings: &[Line], log: &mut Log) -> Error {
        let error = self.explain(errno, warnings);
        if concerns_machine(&error) {
            log.say(&error);
        }
        error
    }

    fn explain(&self, errno: Errno, warnings: &[Line]) -> Error {
        if let Some(rejection) = verifier::rejection(warnings) {
            let what = format!("failed to load program `{}`: the verifier refused it", rejection.program);
            return Error::kernel(what, errno).advise(rejection.tail.replace('\n', "\n  "));
        }
        let part = match verifier::failed_part(warnings) {
            Some((kind, name)) => format!("{kind} `{name}` of "),
            None => String::new(),
        };
        let error = Error::kernel(format!("failed to load {part}BPF object `{}`", self.name()), errno);
        // libbpf's words for the types that the kernel shows of itself.
        let lacks_types = |line: &Line| line.text.contains("kernel BTF") || line.text.contains("vmlinux BTF");
        if warnings.iter().any(lacks_types) {
            return error.advise(&self.without_types);
        }
        let error = advise(error, Operation::Load);
        match warnings.first() {
            Some(line) if error.advice().is_none() => error.advise(line.text.trim_end()),
            _ => error,
        }
    }
}
