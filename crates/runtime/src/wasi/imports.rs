//! The 46 functions of `wasi_snapshot_preview1`, with the types that its witx gives them.

use wasmtime::{Caller, Linker};

use super::args::List;
use super::errno::{Failure, Result, number};
use super::open::Request;
use super::{args, clock, dir, fd, file, open, path, poll, proc, random, sock};
use crate::call::Call;
use crate::state::State;
use crate::stop::Exit;

/// The module that guests import from.
pub(crate) const MODULE: &str = "wasi_snapshot_preview1";

/// Registers one function, if it is wanted: its name, its parameters (`u32`, `u64` and `i64` as the guest passes them) and its body.
macro_rules! import {
    ($linker:ident, $name:literal, |$call:ident $(, $arg:ident: $ty:ty)*| $body:expr) => {
        if ($linker.wanted)($name) {
            let import = |caller: Caller<'_, State> $(, $arg: $ty)*| finish(caller, |$call| $body);
            // By a pointer: what the engine makes of it is the same for all functions of the same type.
            $linker.linker.func_wrap(MODULE, $name, import as fn(Caller<'_, State> $(, $ty)*) -> _)?;
        }
    };
}

/// Where functions are added, and which.
struct Offer<'o> {
    linker: &'o mut Linker<State>,
    wanted: &'o dyn Fn(&str) -> bool,
}

/// Adds those functions of preview 1 to `linker` whose names are `wanted`.
pub(crate) fn add_to_linker(linker: &mut Linker<State>, wanted: &dyn Fn(&str) -> bool) -> wasmtime::Result<()> {
    let mut offer = Offer { linker, wanted };
    add_process(&mut offer)?;
    add_descriptors(&mut offer)?;
    add_paths(&mut offer)?;
    add_sockets(&mut offer)
}

fn add_process(offer: &mut Offer<'_>) -> wasmtime::Result<()> {
    import!(offer, "args_get", |c, to: u32, text: u32| args::get(c, List::Args, to, text));
    import!(offer, "args_sizes_get", |c, count: u32, bytes: u32| args::sizes(c, List::Args, count, bytes));
    import!(offer, "environ_get", |c, to: u32, text: u32| args::get(c, List::Env, to, text));
    import!(offer, "environ_sizes_get", |c, count: u32, bytes: u32| args::sizes(c, List::Env, count, bytes));
    import!(offer, "clock_res_get", |c, id: u32, out: u32| clock::res_get(c, id, out));
    import!(offer, "clock_time_get", |c, id: u32, precision: u64, out: u32| clock::time_get(c, id, precision, out));
    import!(offer, "poll_oneoff", |c, subs: u32, events: u32, n: u32, out: u32| poll::oneoff(c, subs, events, n, out));
    import!(offer, "proc_raise", |c, signal: u32| proc::raise(c, signal));
    import!(offer, "random_get", |c, to: u32, len: u32| random::get(c, to, len));
    import!(offer, "sched_yield", |c| proc::relax(c));
    offer.linker.func_wrap(MODULE, "proc_exit", |code: u32| -> wasmtime::Result<()> {
        Err(wasmtime::Error::new(Exit(code as i32)))
    })?;
    Ok(())
}

fn add_descriptors(offer: &mut Offer<'_>) -> wasmtime::Result<()> {
    import!(offer, "fd_advise", |c, fd: u32, at: u64, len: u64, how: u32| fd::advise(c, fd, at, len, how));
    import!(offer, "fd_allocate", |c, fd: u32, at: u64, len: u64| fd::allocate(c, fd, at, len));
    import!(offer, "fd_close", |c, fd: u32| fd::close(c, fd));
    import!(offer, "fd_datasync", |c, fd: u32| fd::datasync(c, fd));
    import!(offer, "fd_fdstat_get", |c, fd: u32, out: u32| fd::fdstat_get(c, fd, out));
    import!(offer, "fd_fdstat_set_flags", |c, fd: u32, flags: u32| fd::fdstat_set_flags(c, fd, flags));
    import!(offer, "fd_fdstat_set_rights", |c, fd: u32, base: u64, _inheriting: u64| fd::fdstat_set_rights(
        c, fd, base
    ));
    import!(offer, "fd_filestat_get", |c, fd: u32, out: u32| fd::filestat_get(c, fd, out));
    import!(offer, "fd_filestat_set_size", |c, fd: u32, size: u64| fd::filestat_set_size(c, fd, size));
    import!(offer, "fd_filestat_set_times", |c, fd: u32, atime: u64, mtime: u64, which: u32| {
        fd::filestat_set_times(c, fd, atime, mtime, which)
    });
    import!(offer, "fd_pread", |c, fd: u32, iovs: u32, n: u32, at: u64, out: u32| {
        file::read(c, fd, iovs, n, Some(at), out)
    });
    import!(offer, "fd_prestat_get", |c, fd: u32, out: u32| fd::prestat_get(c, fd, out));
    import!(offer, "fd_prestat_dir_name", |c, fd: u32, to: u32, len: u32| fd::prestat_dir_name(c, fd, to, len));
    import!(offer, "fd_pwrite", |c, fd: u32, iovs: u32, n: u32, at: u64, out: u32| {
        file::write(c, fd, iovs, n, Some(at), out)
    });
    import!(offer, "fd_read", |c, fd: u32, iovs: u32, n: u32, out: u32| file::read(c, fd, iovs, n, None, out));
    import!(offer, "fd_readdir", |c, fd: u32, to: u32, len: u32, cookie: u64, out: u32| {
        dir::readdir(c, fd, to, len, cookie, out)
    });
    import!(offer, "fd_renumber", |c, from: u32, to: u32| fd::renumber(c, from, to));
    import!(offer, "fd_seek", |c, fd: u32, by: i64, whence: u32, out: u32| fd::seek(c, fd, by, whence, out));
    import!(offer, "fd_sync", |c, fd: u32| fd::sync(c, fd));
    import!(offer, "fd_tell", |c, fd: u32, out: u32| fd::tell(c, fd, out));
    import!(offer, "fd_write", |c, fd: u32, iovs: u32, n: u32, out: u32| file::write(c, fd, iovs, n, None, out));
    Ok(())
}

fn add_paths(offer: &mut Offer<'_>) -> wasmtime::Result<()> {
    import!(offer, "path_create_directory", |c, fd: u32, path: u32, len: u32| path::create_directory(c, fd, path, len));
    import!(offer, "path_filestat_get", |c, fd: u32, lookup: u32, path: u32, len: u32, out: u32| {
        path::filestat_get(c, fd, lookup, path, len, out)
    });
    import!(offer, "path_filestat_set_times", |c,
                                               fd: u32,
                                               lookup: u32,
                                               path: u32,
                                               len: u32,
                                               atime: u64,
                                               mtime: u64,
                                               which: u32| {
        path::filestat_set_times(c, fd, lookup, (path, len), (atime, mtime, which))
    });
    import!(offer, "path_link", |c, old: u32, lookup: u32, path: u32, len: u32, new: u32, to: u32, to_len: u32| {
        path::link(c, lookup, (old, path, len), (new, to, to_len))
    });
    import!(offer, "path_open", |c,
                                 fd: u32,
                                 lookup: u32,
                                 path: u32,
                                 len: u32,
                                 flags: u32,
                                 rights: u64,
                                 _inheriting: u64,
                                 fdflags: u32,
                                 out: u32| {
        open::open(c, fd, path, len, Request { lookup, flags, rights, fdflags }, out)
    });
    import!(offer, "path_readlink", |c, fd: u32, path: u32, len: u32, to: u32, room: u32, out: u32| {
        path::readlink(c, fd, path, len, to, room, out)
    });
    import!(offer, "path_remove_directory", |c, fd: u32, path: u32, len: u32| path::remove_directory(c, fd, path, len));
    import!(offer, "path_rename", |c, old: u32, path: u32, len: u32, new: u32, to: u32, to_len: u32| {
        path::rename(c, (old, path, len), (new, to, to_len))
    });
    import!(offer, "path_symlink", |c, target: u32, target_len: u32, fd: u32, path: u32, len: u32| {
        path::symlink(c, target, target_len, fd, path, len)
    });
    import!(offer, "path_unlink_file", |c, fd: u32, path: u32, len: u32| path::unlink_file(c, fd, path, len));
    Ok(())
}

fn add_sockets(offer: &mut Offer<'_>) -> wasmtime::Result<()> {
    import!(offer, "sock_accept", |c, fd: u32, flags: u32, out: u32| sock::accept(c, fd, flags, out));
    import!(offer, "sock_recv", |c, fd: u32, iovs: u32, n: u32, flags: u32, count: u32, out: u32| {
        sock::recv(c, fd, (iovs, n), flags, (count, out))
    });
    import!(offer, "sock_send", |c, fd: u32, iovs: u32, n: u32, flags: u32, out: u32| sock::send(
        c, fd, iovs, n, flags, out
    ));
    import!(offer, "sock_shutdown", |c, fd: u32, how: u32| sock::shutdown(c, fd, how));
    Ok(())
}

/// Runs a function's body; its errors become the number that the guest gets, its end travels on.
fn finish(mut caller: Caller<'_, State>, body: impl FnOnce(&mut Call<'_, '_>) -> Result<()>) -> wasmtime::Result<i32> {
    match body(&mut Call::new(&mut caller)) {
        Ok(()) => Ok(0),
        Err(Failure::Errno(errno)) => Ok(i32::from(number(errno))),
        Err(Failure::Exit(exit)) => Err(wasmtime::Error::new(exit)),
    }
}
