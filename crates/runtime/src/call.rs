//! One host call: the funnel between an import and the guest that called it.

use std::os::fd::{AsFd, BorrowedFd};
use std::rc::Rc;

use rustix::io::Errno;
use wasmtime::{Caller, Extern};

use crate::attention;
use crate::bpf::arena::NewArena;
use crate::shm::guest::{self, Fault, GuestMemory, Range};
use crate::shm::window::{Part, WindowId, Windows};
use crate::state::State;

/// The largest name, path or text that an import takes from the guest, in bytes.
const MAX_STRING: usize = 64 << 10;

/// The exit code of a guest that did what a trap should have stopped.
const TRAPPED: i32 = 134;

/// A host call in progress: the guest's memory and the host's state for this guest.
///
/// Every access to guest memory by an import goes through here and is checked against its bounds; a range
/// outside it is EFAULT, as a bad pointer handed to a system call would be.
pub(crate) struct Call<'c, 'a> {
    /// Not moved in here: a map's element costs so little that the copy would count.
    caller: &'c mut Caller<'a, State>,
}

/// Looks the exported memory up, which takes longer than many a call, and keeps it for the calls to come.
#[cold]
fn find_memory(caller: &mut Caller<'_, State>) {
    if let Some(memory) = caller.get_export("memory").and_then(Extern::into_memory) {
        caller.data_mut().memory = Some(GuestMemory::new(memory, &*caller));
    }
}

/// Ends a guest that made host code write where it must not; lets one that runs baseline code go on in better code.
#[cold]
fn attend(caller: &mut Caller<'_, State>) {
    let state = caller.data();
    if let Some(what) = state.bpf.windows.violation() {
        tracing::error!("{what}: it is stopped");
        state.stop.end(TRAPPED);
    }
    #[cfg(feature = "compiler")]
    crate::tier::up(caller);
}

impl<'c, 'a> Call<'c, 'a> {
    /// Starts a call. A guest without an exported memory gets EFAULT for every pointer.
    #[inline(always)]
    pub(crate) fn new(caller: &'c mut Caller<'a, State>) -> Self {
        let call = Self { caller };
        if call.seen().memory.is_none() {
            find_memory(call.caller);
        }
        if attention::wanted() {
            attend(call.caller);
        }
        call
    }

    /// The host's state for this guest.
    pub(crate) fn state(&mut self) -> &mut State {
        self.caller.data_mut()
    }

    /// The same, only to look at.
    pub(crate) fn seen(&self) -> &State {
        self.caller.data()
    }

    /// The wasmtime view of the calling instance, for calling back into it.
    pub(crate) fn caller(&mut self) -> &mut Caller<'a, State> {
        self.caller
    }

    fn memory(&self) -> Result<&GuestMemory, Fault> {
        self.caller.data().memory.as_ref().ok_or(Fault)
    }

    /// The size of the guest's memory, in bytes.
    pub(crate) fn memory_size(&self) -> usize {
        self.memory().map_or(0, |memory| memory.size(&*self.caller))
    }

    /// Fills `buffer` from guest address `addr`.
    pub(crate) fn read(&self, addr: u32, buffer: &mut [u8]) -> Result<(), Errno> {
        Ok(guest::read(self.memory()?, &*self.caller, addr, buffer)?)
    }

    /// Copies `len` bytes out of the guest. The length is checked against the memory before anything is allocated.
    pub(crate) fn bytes(&self, addr: u32, len: u32) -> Result<Vec<u8>, Errno> {
        self.check(addr, len as usize)?;
        let mut buffer = vec![0; len as usize];
        self.read(addr, &mut buffer)?;
        Ok(buffer)
    }

    /// A fixed number of bytes at `addr`.
    pub(crate) fn array<const N: usize>(&self, addr: u32) -> Result<[u8; N], Errno> {
        let mut buffer = [0; N];
        self.read(addr, &mut buffer)?;
        Ok(buffer)
    }

    /// A little-endian `u32` at `addr`.
    pub(crate) fn u32(&self, addr: u32) -> Result<u32, Errno> {
        Ok(u32::from_le_bytes(self.array(addr)?))
    }

    /// A string given by address and length: ENAMETOOLONG above 64 KiB, EILSEQ where it is not UTF-8.
    pub(crate) fn string(&self, addr: u32, len: u32) -> Result<String, Errno> {
        if len as usize > MAX_STRING {
            return Err(Errno::NAMETOOLONG);
        }
        String::from_utf8(self.bytes(addr, len)?).map_err(|_| Errno::ILSEQ)
    }

    /// A NUL-terminated string: EFAULT where memory ends before the NUL, otherwise as [`Call::string`].
    pub(crate) fn c_string(&self, addr: u32) -> Result<String, Errno> {
        let room = self.memory_size().checked_sub(addr as usize).ok_or(Errno::FAULT)?;
        let mut text = Vec::new();
        while text.len() < MAX_STRING.min(room) {
            let mut chunk = [0; 256];
            let chunk = &mut chunk[..256.min(room - text.len())];
            self.read(addr + text.len() as u32, chunk)?;
            if let Some(end) = chunk.iter().position(|&byte| byte == 0) {
                text.extend_from_slice(&chunk[..end]);
                return String::from_utf8(text).map_err(|_| Errno::ILSEQ);
            }
            text.extend_from_slice(chunk);
        }
        Err(if text.len() < room { Errno::NAMETOOLONG } else { Errno::FAULT })
    }

    /// Stores `bytes` at guest address `addr`.
    pub(crate) fn write(&mut self, addr: u32, bytes: &[u8]) -> Result<(), Errno> {
        let range = self.range(addr, bytes.len())?;
        if !self.caller.data().bpf.windows.allows_write(range.address() as usize, bytes.len()) {
            return Err(Errno::FAULT);
        }
        Ok(guest::write(self.memory()?, &*self.caller, addr, bytes)?)
    }

    /// Maps `parts` of `fd` over the start of `len` guest bytes at `addr`.
    pub(crate) fn open_window(
        &mut self,
        addr: u32,
        len: usize,
        fd: BorrowedFd<'_>,
        parts: &[Part],
    ) -> Result<WindowId, Errno> {
        let mut windows = std::mem::take(&mut self.state().bpf.windows);
        let opened = self.range(addr, len).and_then(|region| windows.open(region, fd, parts));
        self.state().bpf.windows = windows;
        opened
    }

    /// The kernel's pages in the guest's memory.
    pub(crate) fn windows(&self) -> &Windows {
        &self.caller.data().bpf.windows
    }

    /// Maps `arena`, which was created for the address of these `len` guest bytes at `addr`, over them.
    pub(crate) fn open_arena(&mut self, addr: u32, len: usize, arena: &NewArena) -> Result<WindowId, Errno> {
        let mut windows = std::mem::take(&mut self.state().bpf.windows);
        let opened = self
            .range(addr, len)
            .and_then(|region| windows.open_arena(region, arena.fd.as_fd(), Rc::clone(&arena.charge)));
        self.state().bpf.windows = windows;
        opened
    }

    /// Stores a little-endian `u32` at `addr`.
    pub(crate) fn write_u32(&mut self, addr: u32, value: u32) -> Result<(), Errno> {
        self.write(addr, &value.to_le_bytes())
    }

    /// `len` guest bytes at `addr`, for the kernel to read or write during this call.
    #[inline]
    pub(crate) fn range(&self, addr: u32, len: usize) -> Result<Range<'_>, Errno> {
        Ok(Range::guest(self.memory()?, &*self.caller, addr, len)?)
    }

    /// EFAULT where `len` bytes at `addr` are not all inside the guest's memory.
    pub(crate) fn check(&self, addr: u32, len: usize) -> Result<(), Errno> {
        self.range(addr, len).map(drop)
    }
}

impl From<Fault> for Errno {
    fn from(_: Fault) -> Self {
        Self::FAULT
    }
}
