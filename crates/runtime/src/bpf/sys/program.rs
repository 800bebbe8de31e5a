//! `struct bpf_program`.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::{self, NonNull};
use std::slice;

use libbpf_sys::{bpf_insn, bpf_program};
use rustix::io::Errno;

use super::object::{Held, RawObject};
use super::{check, text};
use crate::privilege::with_reserve;

/// A program of an object that is alive.
#[derive(Clone, Copy)]
pub(crate) struct RawProgram<'o> {
    pub(super) ptr: NonNull<bpf_program>,
    object: &'o RawObject,
    index: usize,
}

/// What can be tuned before load.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ProgramField {
    /// Whether load loads it.
    Autoload,
    /// Whether a skeleton's attach attaches it.
    Autoattach,
    /// `enum bpf_prog_type`.
    Type,
    /// `enum bpf_attach_type`.
    ExpectedAttachType,
    /// `BPF_F_*` load flags.
    Flags,
    /// The verifier's log level.
    LogLevel,
    /// The device that the program is offloaded or bound to.
    Ifindex,
}

impl RawObject {
    /// The program at `index`, in the order of the object file.
    pub(crate) fn program(&self, index: usize) -> Option<RawProgram<'_>> {
        Some(RawProgram { ptr: *self.programs.get(index)?, object: self, index })
    }
}

// SAFETY of all calls below: `ptr` belongs to `object`, so it is alive; libbpf checks by itself
// that setters come before load.
impl<'o> RawProgram<'o> {
    pub(crate) fn name(&self) -> String {
        // SAFETY: see above; the name lives as long as the object.
        unsafe { text(libbpf_sys::bpf_program__name(self.ptr.as_ptr())) }
    }

    pub(crate) fn section(&self) -> String {
        // SAFETY: see above; the section name lives as long as the object.
        unsafe { text(libbpf_sys::bpf_program__section_name(self.ptr.as_ptr())) }
    }

    pub(crate) fn kind(&self) -> u32 {
        // SAFETY: see above.
        unsafe { libbpf_sys::bpf_program__type(self.ptr.as_ptr()) }
    }

    pub(crate) fn expected_attach_type(&self) -> u32 {
        // SAFETY: see above.
        unsafe { libbpf_sys::bpf_program__expected_attach_type(self.ptr.as_ptr()) }
    }

    pub(crate) fn flags(&self) -> u32 {
        // SAFETY: see above.
        unsafe { libbpf_sys::bpf_program__flags(self.ptr.as_ptr()) }
    }

    pub(crate) fn log_level(&self) -> u32 {
        // SAFETY: see above.
        unsafe { libbpf_sys::bpf_program__log_level(self.ptr.as_ptr()) }
    }

    pub(crate) fn autoload(&self) -> bool {
        // SAFETY: see above.
        unsafe { libbpf_sys::bpf_program__autoload(self.ptr.as_ptr()) }
    }

    pub(crate) fn autoattach(&self) -> bool {
        // SAFETY: see above.
        unsafe { libbpf_sys::bpf_program__autoattach(self.ptr.as_ptr()) }
    }

    /// The instructions: as in the file before load, as handed to the kernel after it.
    pub(crate) fn instructions(&self) -> &'o [bpf_insn] {
        // SAFETY: see above; libbpf keeps `count` instructions at the address until the object is loaded or closed,
        // and every caller reads them within one call.
        unsafe {
            let count = libbpf_sys::bpf_program__insn_cnt(self.ptr.as_ptr()) as usize;
            match NonNull::new(libbpf_sys::bpf_program__insns(self.ptr.as_ptr()).cast_mut()) {
                Some(first) => slice::from_raw_parts(first.as_ptr(), count),
                None => &[],
            }
        }
    }

    /// The kernel's descriptor, once loaded. ENOENT before.
    pub(crate) fn fd(&self) -> Result<BorrowedFd<'o>, Errno> {
        // SAFETY: see above.
        let fd = check(unsafe { libbpf_sys::bpf_program__fd(self.ptr.as_ptr()) })?;
        // SAFETY: a non-negative result is an open descriptor that the object owns as long as it lives.
        Ok(unsafe { BorrowedFd::borrow_raw(fd) })
    }

    /// The kernel's description, once loaded.
    pub(crate) fn info(&self) -> Result<libbpf_sys::bpf_prog_info, Errno> {
        let mut info = libbpf_sys::bpf_prog_info::default();
        let mut size = size_of::<libbpf_sys::bpf_prog_info>() as u32;
        let fd = self.fd()?.as_raw_fd();
        // SAFETY: `info` is valid for writing `size` bytes.
        check(unsafe { libbpf_sys::bpf_obj_get_info_by_fd(fd, (&raw mut info).cast(), &mut size) })?;
        Ok(info)
    }

    pub(crate) fn set(&self, field: ProgramField, value: u32) -> Result<(), Errno> {
        let ptr = self.ptr.as_ptr();
        // SAFETY: see above.
        check(unsafe {
            match field {
                ProgramField::Autoload => libbpf_sys::bpf_program__set_autoload(ptr, value != 0),
                ProgramField::Autoattach => {
                    libbpf_sys::bpf_program__set_autoattach(ptr, value != 0);
                    0
                }
                ProgramField::Type => libbpf_sys::bpf_program__set_type(ptr, value),
                ProgramField::ExpectedAttachType => libbpf_sys::bpf_program__set_expected_attach_type(ptr, value),
                ProgramField::Flags => libbpf_sys::bpf_program__set_flags(ptr, value),
                ProgramField::LogLevel => libbpf_sys::bpf_program__set_log_level(ptr, value),
                ProgramField::Ifindex => {
                    libbpf_sys::bpf_program__set_ifindex(ptr, value);
                    0
                }
            }
        })
        .map(drop)
    }

    /// Chooses the kernel function, or the function of `program`, that a tracing program attaches to.
    pub(crate) fn set_attach_target(&self, program: Option<BorrowedFd<'_>>, name: &CStr) -> Result<(), Errno> {
        let held = program.map(|fd| fd.try_clone_to_owned()).transpose().map_err(|_| Errno::MFILE)?;
        let fd = held.as_ref().map_or(0, |fd| fd.as_raw_fd());
        let text = name;
        let name = if name.is_empty() { ptr::null() } else { name.as_ptr() };
        // SAFETY: see above; the name is valid during the call, and libbpf copies it. The descriptor is held open as
        // long as libbpf remembers its number.
        check(with_reserve(|| unsafe { libbpf_sys::bpf_program__set_attach_target(self.ptr.as_ptr(), fd, name) }))?;
        let mut all = self.object.held.borrow_mut();
        match held {
            Some(held) => all.insert(Held::Target(self.index), held),
            None => all.remove(&Held::Target(self.index)),
        };
        if !text.is_empty() {
            self.object.targets.borrow_mut().insert(self.index, text.to_string_lossy().into_owned());
        }
        Ok(())
    }

    /// Keeps `size` bytes of the verifier's log of this program, before load; 0: the log goes to libbpf's lines.
    pub(crate) fn set_log(&self, size: usize) -> Result<(), Errno> {
        let mut log = vec![0u8; size];
        let to = if log.is_empty() { ptr::null_mut() } else { log.as_mut_ptr().cast() };
        // SAFETY: see above; the object holds the log, whose bytes do not move, until libbpf is given another.
        check(unsafe { libbpf_sys::bpf_program__set_log_buf(self.ptr.as_ptr(), to, size as _) })?;
        self.object.logs.borrow_mut().insert(Some(self.index), log);
        Ok(())
    }

    /// What the kernel wrote to this program's log.
    pub(crate) fn log(&self) -> String {
        self.object.log(Some(self.index))
    }

    /// The function that [`RawProgram::set_attach_target`] chose last.
    pub(crate) fn attach_target(&self) -> Option<String> {
        self.object.targets.borrow().get(&self.index).cloned()
    }

    /// Pins a loaded program at `path`.
    pub(crate) fn pin(&self, path: &CStr) -> Result<(), Errno> {
        // SAFETY: see above; the path is valid during the call.
        check(unsafe { libbpf_sys::bpf_program__pin(self.ptr.as_ptr(), path.as_ptr()) }).map(drop)
    }

    /// Removes the pin of a loaded program at `path`.
    pub(crate) fn unpin(&self, path: &CStr) -> Result<(), Errno> {
        // SAFETY: see above; the path is valid during the call.
        check(unsafe { libbpf_sys::bpf_program__unpin(self.ptr.as_ptr(), path.as_ptr()) }).map(drop)
    }
}
