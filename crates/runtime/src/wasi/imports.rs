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
const MODULE: &str = "wasi_snapshot_preview1";

/// Registers one function: its name, its parameters (`u32`, `u64` and `i64` as the guest passes them) and its body.
macro_rules! import {
    ($linker:ident, $name:literal, |$call:ident $(, $arg:ident: $ty:ty)*| $body:expr) => {
        $linker.func_wrap(MODULE, $name, |caller: Caller<'_, State> $(, $arg: $ty)*| {
            finish(caller, |$call| $body)
        })?
    };
}

/// Adds every function of preview 1 to `linker`.
pub(crate) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    add_process(linker)?;
    add_descriptors(linker)?;
    add_paths(linker)?;
    add_sockets(linker)
}

fn add_process(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    import!(linker, "args_get", |c, to: u32, text: u32| args::get(c, List::Args, to, text));
    import!(linker, "args_sizes_get", |c, count: u32, bytes: u32| args::sizes(c, List::Args, count, bytes));
    import!(linker, "environ_get", |c, to: u32, text: u32| args::get(c, List::Env, to, text));
    import!(linker, "environ_sizes_get", |c, count: u32, bytes: u32| args::sizes(c, List::Env, count, bytes));
    import!(linker, "clock_res_get", |c, id: u32, out: u32| clock::res_get(c, id, out));
    import!(linker, "clock_time_get", |c, id: u32, precision: u64, out: u32| clock::time_get(c, id, precision, out));
    import!(linker, "poll_oneoff", |c, subs: u32, events: u32, n: u32, out: u32| poll::oneoff(c, subs, events, n, out));
    import!(linker, "proc_raise", |c, signal: u32| proc::raise(c, signal));
    import!(linker, "random_get", |c, to: u32, len: u32| random::get(c, to, len));
    import!(linker, "sched_yield", |c| proc::relax(c));
    linker.func_wrap(MODULE, "proc_exit", |code: u32| -> wasmtime::Result<()> {
        Err(wasmtime::Error::new(Exit(code as i32)))
    })?;
    Ok(())
}

fn add_descriptors(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    import!(linker, "fd_advise", |c, fd: u32, at: u64, len: u64, how: u32| fd::advise(c, fd, at, len, how));
    import!(linker, "fd_allocate", |c, fd: u32, at: u64, len: u64| fd::allocate(c, fd, at, len));
    import!(linker, "fd_close", |c, fd: u32| fd::close(c, fd));
    import!(linker, "fd_datasync", |c, fd: u32| fd::datasync(c, fd));
    import!(linker, "fd_fdstat_get", |c, fd: u32, out: u32| fd::fdstat_get(c, fd, out));
    import!(linker, "fd_fdstat_set_flags", |c, fd: u32, flags: u32| fd::fdstat_set_flags(c, fd, flags));
    import!(linker, "fd_fdstat_set_rights", |c, fd: u32, base: u64, _inheriting: u64| fd::fdstat_set_rights(
        c, fd, base
    ));
    import!(linker, "fd_filestat_get", |c, fd: u32, out: u32| fd::filestat_get(c, fd, out));
    import!(linker, "fd_filestat_set_size", |c, fd: u32, size: u64| fd::filestat_set_size(c, fd, size));
    import!(linker, "fd_filestat_set_times", |c, fd: u32, atime: u64, mtime: u64, which: u32| {
        fd::filestat_set_times(c, fd, atime, mtime, which)
    });
    import!(linker, "fd_pread", |c, fd: u32, iovs: u32, n: u32, at: u64, out: u32| {
        file::read(c, fd, iovs, n, Some(at), out)
    });
    import!(linker, "fd_prestat_get", |c, fd: u32, out: u32| fd::prestat_get(c, fd, out));
    import!(linker, "fd_prestat_dir_name", |c, fd: u32, to: u32, len: u32| fd::prestat_dir_name(c, fd, to, len));
    import!(linker, "fd_pwrite", |c, fd: u32, iovs: u32, n: u32, at: u64, out: u32| {
        file::write(c, fd, iovs, n, Some(at), out)
    });
    import!(linker, "fd_read", |c, fd: u32, iovs: u32, n: u32, out: u32| file::read(c, fd, iovs, n, None, out));
    import!(linker, "fd_readdir", |c, fd: u32, to: u32, len: u32, cookie: u64, out: u32| {
        dir::readdir(c, fd, to, len, cookie, out)
    });
    import!(linker, "fd_renumber", |c, from: u32, to: u32| fd::renumber(c, from, to));
    import!(linker, "fd_seek", |c, fd: u32, by: i64, whence: u32, out: u32| fd::seek(c, fd, by, whence, out));
    import!(linker, "fd_sync", |c, fd: u32| fd::sync(c, fd));
    import!(linker, "fd_tell", |c, fd: u32, out: u32| fd::tell(c, fd, out));
    import!(linker, "fd_write", |c, fd: u32, iovs: u32, n: u32, out: u32| file::write(c, fd, iovs, n, None, out));
    Ok(())
}

fn add_paths(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    import!(linker, "path_create_directory", |c, fd: u32, path: u32, len: u32| path::create_directory(
        c, fd, path, len
    ));
    import!(linker, "path_filestat_get", |c, fd: u32, lookup: u32, path: u32, len: u32, out: u32| {
        path::filestat_get(c, fd, lookup, path, len, out)
    });
    import!(linker, "path_filestat_set_times", |c,
                                                fd: u32,
                                                lookup: u32,
                                                path: u32,
                                                len: u32,
                                                atime: u64,
                                                mtime: u64,
                                                which: u32| {
        path::filestat_set_times(c, fd, lookup, (path, len), (atime, mtime, which))
    });
    import!(linker, "path_link", |c, old: u32, lookup: u32, path: u32, len: u32, new: u32, to: u32, to_len: u32| {
        path::link(c, lookup, (old, path, len), (new, to, to_len))
    });
    import!(linker, "path_open", |c,
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
    import!(linker, "path_readlink", |c, fd: u32, path: u32, len: u32, to: u32, room: u32, out: u32| {
        path::readlink(c, fd, path, len, to, room, out)
    });
    import!(linker, "path_remove_directory", |c, fd: u32, path: u32, len: u32| path::remove_directory(
        c, fd, path, len
    ));
    import!(linker, "path_rename", |c, old: u32, path: u32, len: u32, new: u32, to: u32, to_len: u32| {
        path::rename(c, (old, path, len), (new, to, to_len))
    });
    import!(linker, "path_symlink", |c, target: u32, target_len: u32, fd: u32, path: u32, len: u32| {
        path::symlink(c, target, target_len, fd, path, len)
    });
    import!(linker, "path_unlink_file", |c, fd: u32, path: u32, len: u32| path::unlink_file(c, fd, path, len));
    Ok(())
}

fn add_sockets(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    import!(linker, "sock_accept", |c, fd: u32, flags: u32, out: u32| sock::accept(c, fd, flags, out));
    import!(linker, "sock_recv", |c, fd: u32, iovs: u32, n: u32, flags: u32, count: u32, out: u32| {
        sock::recv(c, fd, (iovs, n), flags, (count, out))
    });
    import!(linker, "sock_send", |c, fd: u32, iovs: u32, n: u32, flags: u32, out: u32| sock::send(
        c, fd, iovs, n, flags, out
    ));
    import!(linker, "sock_shutdown", |c, fd: u32, how: u32| sock::shutdown(c, fd, how));
    Ok(())
}

/// Runs a function's body; its errors become the number that the guest gets, its end travels on.
fn finish(caller: Caller<'_, State>, body: impl FnOnce(&mut Call<'_>) -> Result<()>) -> wasmtime::Result<i32> {
    match body(&mut Call::new(caller)) {
        Ok(()) => Ok(0),
        Err(Failure::Errno(errno)) => Ok(i32::from(number(errno))),
        Err(Failure::Exit(exit)) => Err(wasmtime::Error::new(exit)),
    }
}
