//! v1: names for addresses of the kernel and of processes.

use std::collections::HashMap;

use rustix::io::Errno;
use wasmtime::Caller;

use super::table::{Import, add};
use super::{Failure, answer};
use crate::call::Call;
use crate::error::Error;
use crate::policy;
use crate::state::State;
use crate::stop::{Stop, Woken};
use crate::symbol::kernel::Kernel;
use crate::symbol::{Symbol, Symbols};

pub(super) const IMPORTS: &[Import] = &[
    Import {
        name: "kernel_symbols",
        parameters: "addresses, addresses_len, records, records_len, text, text_len",
        text: "The kernel functions that up to 1024 addresses (u64 each) lie in, modules and BPF programs included. A record of 48 bytes for each address: i32 error (0; -ENOENT: no function is known; -ENOSPC: the name did not fit into `text`), then u32 name, name_len, object, object_len, file, file_len (where in `text` the texts are; each is followed by a NUL, and what is not known has the length 0), u32 line (0: not known), u64 offset in the function, u64 offset in the object. Here the object is the module's name, and file, line and the object's offset are not known. -EPERM where the kernel hides its addresses (kptr_restrict, CAP_SYSLOG). The first call reads the kernel's list, about 100 ms; -EINTR: a signal that the guest handles is pending. Returns the bytes of `text` in use.",
        since: "0.1",
        add: add!(kernel_symbols(_, _, _, _, _, _)),
    },
    Import {
        name: "kernel_symbol_find",
        parameters: "name, len, addresses, addresses_len",
        text: "The addresses (u64 each, ascending) of the kernel's symbols called so, functions and data, modules' included: as many as there is room for. Returns how many there are; -ENOENT where there is none. Other errors and time as for `kernel_symbols`.",
        since: "0.1",
        add: add!(kernel_symbol_find(_, _, _, _)),
    },
    Import {
        name: "user_symbols",
        parameters: "pid, addresses, addresses_len, records, records_len, text, text_len, flags",
        text: "The functions that up to 1024 addresses (u64 each) of a living process lie in: a record for each as in `kernel_symbols`. The object is the path of the file, as the process sees it; it is known also where the function is not (-ENOENT). `flags` 1: source file and line too, where the file or what its debug link names has debug information that is not compressed; other flags are -EINVAL. Names of C++ and Rust are written as in the source. No text is longer than 4096 bytes; files above 1 GiB are not read. -ESRCH: no such process; -EACCES: the process is somebody else's (CAP_SYS_PTRACE). May take long where files are large or slow: -EINTR where a signal that the guest handles is pending, -ETIMEDOUT after 60 s, -EIO where a file ended the reader. -ENOSYS in a build without user symbols. Returns the bytes of `text` in use.",
        since: "0.1",
        add: add!(user_symbols(_, _, _, _, _, _, _, _)),
    },
];

/// The most addresses that one call takes.
const MAX_ADDRESSES: u32 = 1024;
const ADDRESS: u32 = 8;
/// The size of a record, in bytes.
const RECORD: u32 = 48;

/// The one way to symbols, which are part of observing: a policy file can restrict it.
fn symbols<'c>(call: &'c mut Call<'_, '_>, of: policy::Symbols) -> Result<&'c mut Symbols, Error> {
    let bpf = &mut call.state().bpf;
    bpf.policy.check_symbols(of)?;
    Ok(&mut bpf.symbols)
}

fn kernel_symbols(
    caller: Caller<'_, State>,
    addresses: u32,
    addresses_len: u32,
    records: u32,
    records_len: u32,
    text: u32,
    text_len: u32,
) -> wasmtime::Result<i32> {
    answer(caller, "kernel_symbols", |call| {
        let out = Out { records, records_len, text, text_len };
        let addresses = out.addresses(call, addresses, addresses_len)?;
        let find = |kernel: &Kernel| addresses.iter().map(|address| kernel.find(*address)).collect::<Vec<_>>();
        let found = with_kernel(call, find, |found| found.iter().all(Option::is_some))?;
        out.write(call, &found.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>())
    })
}

fn kernel_symbol_find(
    caller: Caller<'_, State>,
    name: u32,
    len: u32,
    addresses: u32,
    addresses_len: u32,
) -> wasmtime::Result<i32> {
    answer(caller, "kernel_symbol_find", |call| {
        if !addresses_len.is_multiple_of(ADDRESS) {
            return Err(Errno::INVAL.into());
        }
        call.check(addresses, addresses_len as usize)?;
        let name = call.string(name, len)?;
        let found = with_kernel(call, |kernel| kernel.addresses(&name), |found| !found.is_empty())?;
        if found.is_empty() {
            return Err(Errno::NOENT.into());
        }
        let room = (addresses_len / ADDRESS) as usize;
        let bytes: Vec<u8> = found.iter().take(room).flat_map(|address| address.to_le_bytes()).collect();
        call.write(addresses, &bytes)?;
        Ok(i32::try_from(found.len()).map_err(|_| Errno::OVERFLOW)?)
    })
}

fn user_symbols(
    caller: Caller<'_, State>,
    pid: i32,
    addresses: u32,
    addresses_len: u32,
    records: u32,
    records_len: u32,
    text: u32,
    text_len: u32,
    flags: u32,
) -> wasmtime::Result<i32> {
    answer(caller, "user_symbols", |call| {
        if flags > 1 {
            return Err(Errno::INVAL.into());
        }
        let pid = u32::try_from(pid).ok().filter(|pid| *pid > 0).ok_or(Errno::SRCH)?;
        let out = Out { records, records_len, text, text_len };
        let addresses = out.addresses(call, addresses, addresses_len)?;
        let found = user(call, pid, addresses, flags == 1)?;
        out.write(call, &found)
    })
}

/// Asks the kernel's list, and once more a fresh one where the answer is not `complete`.
fn with_kernel<T>(
    call: &mut Call<'_, '_>,
    ask: impl Fn(&Kernel) -> T,
    complete: impl Fn(&T) -> bool,
) -> Result<T, Failure> {
    if let Some(kernel) = &symbols(call, policy::Symbols::Kernel)?.kernel {
        let found = ask(kernel);
        if complete(&found) || !kernel.is_stale() {
            return Ok(found);
        }
    }
    let stop = std::sync::Arc::clone(&call.state().stop);
    let kernel = Kernel::read(|| go_on(&stop))?;
    Ok(ask(symbols(call, policy::Symbols::Kernel)?.kernel.insert(kernel)))
}

/// An error once the guest is to end, or to handle a signal.
fn go_on(stop: &Stop) -> Result<(), Failure> {
    match stop.wait(&mut [], Some(std::time::Duration::ZERO))? {
        Woken::Interrupted => Err(Errno::INTR.into()),
        Woken::Ready | Woken::TimedOut => Ok(()),
    }
}

/// Asks the thread that reads processes' files, and waits for its answer.
#[cfg(feature = "user-symbols")]
fn user(call: &mut Call<'_, '_>, pid: u32, addresses: Vec<u64>, lines: bool) -> Result<Vec<Symbol>, Failure> {
    use std::time::{Duration, Instant};

    use rustix::event::{PollFd, PollFlags};

    /// How long a question may take.
    const LIMIT: Duration = Duration::from_secs(60);

    let what = || format!("failed to find the symbols of process {pid}");
    let until = Instant::now() + LIMIT;
    let stop = std::sync::Arc::clone(&call.state().stop);
    let user = &mut symbols(call, policy::Symbols::User)?.user;
    let number = user.ask(crate::symbol::user::Question { pid, addresses, lines })?;
    loop {
        if let Some(found) = user.take(number) {
            return found.map_err(|errno| match errno {
                Errno::ACCESS | Errno::PERM => Error::kernel(what(), errno)
                    .advise("reading another user's process needs root or CAP_SYS_PTRACE")
                    .into(),
                _ => Error::kernel(what(), errno).into(),
            });
        }
        let ready = user.ready().ok_or(Errno::IO)?;
        let left = until.saturating_duration_since(Instant::now());
        match stop.wait(&mut [PollFd::new(&ready, PollFlags::IN)], Some(left))? {
            Woken::Ready => {}
            Woken::Interrupted => return Err(Errno::INTR.into()),
            Woken::TimedOut => {
                user.give_up();
                let error = Error::kernel(what(), Errno::TIMEDOUT);
                return Err(error.advise(format!("one of its files took longer than {} s", LIMIT.as_secs())).into());
            }
        }
    }
}

#[cfg(not(feature = "user-symbols"))]
fn user(_: &mut Call<'_, '_>, pid: u32, _: Vec<u64>, _: bool) -> Result<Vec<Symbol>, Failure> {
    let error = Error::kernel(format!("failed to find the symbols of process {pid}"), Errno::NOSYS);
    Err(error.advise("this wasm-bpf was built without the feature `user-symbols`").into())
}

/// Where the guest wants the answers.
struct Out {
    records: u32,
    records_len: u32,
    text: u32,
    text_len: u32,
}

impl Out {
    /// The addresses that the guest asks for, once there is room for what is known of them.
    fn addresses(&self, call: &Call<'_, '_>, addresses: u32, len: u32) -> Result<Vec<u64>, Errno> {
        let count = len / ADDRESS;
        if !len.is_multiple_of(ADDRESS) || count > MAX_ADDRESSES || self.records_len < count * RECORD {
            return Err(Errno::INVAL);
        }
        call.check(self.records, self.records_len as usize)?;
        call.check(self.text, self.text_len as usize)?;
        let bytes = call.bytes(addresses, len)?;
        Ok(bytes.as_chunks().0.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect())
    }

    /// Stores a record for each symbol; the bytes of text in use.
    fn write(&self, call: &mut Call<'_, '_>, found: &[Symbol]) -> Result<i32, Failure> {
        let mut texts = Texts { room: self.text_len as usize, bytes: Vec::new(), known: HashMap::new() };
        let records: Vec<u8> = found.iter().flat_map(|symbol| texts.record(symbol)).collect();
        call.write(self.records, &records)?;
        call.write(self.text, &texts.bytes)?;
        Ok(i32::try_from(texts.bytes.len()).map_err(|_| Errno::OVERFLOW)?)
    }
}

/// The texts that records point to, each of them once.
struct Texts<'s> {
    room: usize,
    bytes: Vec<u8>,
    known: HashMap<&'s str, u32>,
}

impl<'s> Texts<'s> {
    fn record(&mut self, symbol: &'s Symbol) -> [u8; RECORD as usize] {
        let texts = [&symbol.name, &symbol.object, &symbol.file].map(|text| self.add(text));
        let error = match texts {
            _ if texts.contains(&None) => -Errno::NOSPC.raw_os_error(),
            _ if symbol.name.is_empty() => -Errno::NOENT.raw_os_error(),
            _ => 0,
        };
        let [name, object, file] = texts.map(Option::unwrap_or_default);
        let words = [error as u32, name.0, name.1, object.0, object.1, file.0, file.1, symbol.line];
        let mut record = [0; RECORD as usize];
        let (front, back) = record.split_at_mut(32);
        front.as_chunks_mut().0.iter_mut().zip(words).for_each(|(place, word)| *place = word.to_le_bytes());
        let offsets = [symbol.offset, symbol.object_offset];
        back.as_chunks_mut().0.iter_mut().zip(offsets).for_each(|(place, offset)| *place = offset.to_le_bytes());
        record
    }

    /// Where a text is and its length; `None` where there is no room for it.
    fn add(&mut self, text: &'s str) -> Option<(u32, u32)> {
        if text.is_empty() {
            return Some((0, 0));
        }
        let len = text.len() as u32;
        if let Some(&at) = self.known.get(text) {
            return Some((at, len));
        }
        if self.bytes.len() + text.len() + 1 > self.room {
            return None;
        }
        let at = self.bytes.len() as u32;
        self.bytes.extend_from_slice(text.as_bytes());
        self.bytes.push(0);
        self.known.insert(text, at);
        Some((at, len))
    }
}
