//! One open descriptor: what it refers to, and how it is read and written without blocking for ever.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use cap_std::fs::Dir;
use rustix::fs::{FileType, Stat, fstat};
use rustix::io::Errno;
use rustix::stdio::{stderr, stdin, stdout};
use rustix::termios::isatty;

use super::terminal::Filter;
use super::types::{fdflags, rights};

/// What can be written to a pipe that `poll` called writable without blocking (PIPE_BUF).
const SAFE_WRITE: usize = 4096;

/// What a descriptor refers to.
pub(super) enum Source {
    /// The process's own standard input.
    Stdin,
    /// The process's own standard output.
    Stdout,
    /// The process's own standard error.
    Stderr,
    /// An open file; its host descriptor is non-blocking whatever the guest asked for, waiting is [`crate::stop`]'s.
    File(OwnedFd),
    /// A directory, and paths below it.
    Dir(Dir),
}

/// An open descriptor. Shared between the table and a call in progress, hence the atomics.
pub(super) struct Descriptor {
    source: Source,
    kind: FileType,
    /// What is printed on a terminal goes through here, unless it is to stay as it is.
    screen: Option<Mutex<Screen>>,
    /// The guest's name for a directory that it was given.
    pub(super) preopen: Option<String>,
    /// Refuses every change (EROFS), inherited by what is opened through it.
    pub(super) read_only: bool,
    /// Where the kernel goes on after each directory entry that the guest has seen, see [`super::dir`].
    pub(super) positions: Mutex<Vec<u64>>,
    rights: AtomicU64,
    flags: AtomicU16,
}

/// A terminal's filter, and what passed it but is not written yet.
#[derive(Default)]
struct Screen {
    filter: Filter,
    ready: Vec<u8>,
}

/// How a descriptor takes a write.
pub(super) enum Written {
    /// So many bytes of the chunk.
    Bytes(usize),
    /// Nothing before it is writable.
    Wait,
}

impl Descriptor {
    /// Wraps `source`; `rights` is what the guest asked for.
    pub(super) fn new(source: Source, rights: u64, flags: u16, read_only: bool) -> Result<Self, Errno> {
        let mut descriptor = Self {
            source,
            kind: FileType::Unknown,
            screen: None,
            preopen: None,
            read_only,
            positions: Mutex::default(),
            rights: AtomicU64::new(rights & rights::ALL),
            flags: AtomicU16::new(flags),
        };
        descriptor.kind = FileType::from_raw_mode(descriptor.stat()?.st_mode);
        if descriptor.kind == FileType::CharacterDevice && isatty(&descriptor) {
            descriptor.screen = Some(Mutex::default());
            descriptor.rights.fetch_and(!(rights::SEEK | rights::TELL), Ordering::Relaxed);
        }
        Ok(descriptor)
    }

    /// One of the process's own three.
    pub(super) fn stdio(source: Source) -> Result<Self, Errno> {
        let other = if matches!(source, Source::Stdin) { rights::WRITE } else { rights::READ };
        Self::new(source, rights::ALL & !other, 0, false)
    }

    /// A directory that the guest knows as `guest` from the start.
    pub(super) fn preopen(dir: Dir, guest: String, read_only: bool) -> Result<Self, Errno> {
        let mut descriptor = Self::new(Source::Dir(dir), rights::ALL, 0, read_only)?;
        descriptor.preopen = Some(guest);
        Ok(descriptor)
    }

    /// Lets a terminal have everything as it is, if `raw`.
    pub(super) fn raw(mut self, raw: bool) -> Self {
        if raw {
            self.screen = None;
        }
        self
    }

    /// What kind of file it is.
    pub(super) fn kind(&self) -> FileType {
        self.kind
    }

    /// The kernel's description of the file.
    pub(super) fn stat(&self) -> Result<Stat, Errno> {
        fstat(self)
    }

    /// The directory, or ENOTDIR.
    pub(super) fn dir(&self) -> Result<&Dir, Errno> {
        match &self.source {
            Source::Dir(dir) => Ok(dir),
            _ => Err(Errno::NOTDIR),
        }
    }

    /// The descriptor, unless changes through it are refused.
    pub(super) fn writable(&self) -> Result<&Self, Errno> {
        if self.read_only { Err(Errno::ROFS) } else { Ok(self) }
    }

    /// The guest's rights.
    pub(super) fn rights(&self) -> u64 {
        self.rights.load(Ordering::Relaxed)
    }

    /// Gives up rights; EPERM where some are asked for that it lacks.
    pub(super) fn set_rights(&self, wanted: u64) -> Result<(), Errno> {
        if wanted & !self.rights() != 0 {
            return Err(Errno::PERM);
        }
        self.rights.store(wanted, Ordering::Relaxed);
        Ok(())
    }

    /// The `fdflags` that the guest set.
    pub(super) fn flags(&self) -> u16 {
        self.flags.load(Ordering::Relaxed)
    }

    /// Stores new `fdflags`.
    pub(super) fn set_flags(&self, flags: u16) {
        self.flags.store(flags, Ordering::Relaxed);
    }

    /// Whether the guest wants EAGAIN instead of waiting.
    pub(super) fn nonblocking(&self) -> bool {
        self.flags() & fdflags::NONBLOCK != 0
    }

    /// Whether it is one of the process's own, whose flags are shared with other processes and must not be changed.
    pub(super) fn is_stdio(&self) -> bool {
        matches!(self.source, Source::Stdin | Source::Stdout | Source::Stderr)
    }

    /// Whether a broken pipe here ends the guest, as SIGPIPE ends a native program.
    pub(super) fn is_output(&self) -> bool {
        matches!(self.source, Source::Stdout | Source::Stderr)
    }

    /// Whether reads and writes never wait, so that asking first would be wasted.
    pub(super) fn always_ready(&self) -> bool {
        matches!(self.kind, FileType::RegularFile | FileType::Directory | FileType::BlockDevice)
    }

    /// Writes some of `chunk` without blocking, with write(2) as native programs do: there are modules that trace that.
    /// `waited` says that a descriptor which others share, and whose flags are theirs, is known to be writable.
    pub(super) fn write(&self, chunk: &[u8], waited: bool) -> Result<Written, Errno> {
        let is_shared = self.is_stdio() && !self.always_ready();
        if is_shared && !waited {
            return Ok(Written::Wait);
        }
        let chunk = if is_shared { &chunk[..chunk.len().min(SAFE_WRITE)] } else { chunk };
        let Some(screen) = &self.screen else { return self.write_as_is(chunk) };
        let mut screen = screen.lock().unwrap_or_else(PoisonError::into_inner);
        let Screen { filter, ready } = &mut *screen;
        let taken = if ready.is_empty() { chunk.len().min(SAFE_WRITE / 2) } else { 0 };
        ready.extend(filter.clear(&chunk[..taken]));
        if let Written::Bytes(count) = self.write_as_is(&ready[..ready.len().min(SAFE_WRITE)])? {
            ready.drain(..count);
        }
        // What a terminal has left comes first.
        Ok(if taken == 0 && !chunk.is_empty() { Written::Wait } else { Written::Bytes(taken) })
    }

    fn write_as_is(&self, chunk: &[u8]) -> Result<Written, Errno> {
        match rustix::io::write(self, chunk) {
            Err(Errno::AGAIN) => Ok(Written::Wait),
            result => result.map(Written::Bytes),
        }
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // The last words of a guest, for which it does not wait any more.
        let Some(screen) = self.screen.take() else { return };
        let screen = screen.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut rest = screen.ready.as_slice();
        while !rest.is_empty() {
            match rustix::io::write(&*self, rest) {
                Ok(count) if count > 0 => rest = &rest[count..],
                Err(Errno::INTR) => {}
                _ => return,
            }
        }
    }
}

impl AsFd for Descriptor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.source {
            Source::Stdin => stdin(),
            Source::Stdout => stdout(),
            Source::Stderr => stderr(),
            Source::File(file) => file.as_fd(),
            Source::Dir(dir) => dir.as_fd(),
        }
    }
}
