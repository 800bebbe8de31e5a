//! Single calls with chosen arguments, without a guest's libc in between.

use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::time::Instant;

use wasmtime::{Engine, Extern, Linker, Memory, MemoryType, Store, Val, ValType};

use super::{Ctx, Descriptor, Exit, Guest, PATIENCE, PreopenedDir, Source, State, Stop, add_to_linker, pipe, state};
use crate::shm::guest::GuestMemory;
use crate::wasi::Config;
use crate::wasi::types::rights::ALL;

/// WASI's numbers for what is expected below.
pub(super) const BADF: i32 = 8;
const FAULT: i32 = 21;
const INVAL: i32 = 28;
const NOTSOCK: i32 = 57;

/// The memory that calls are made with: one page.
const PAGE: usize = 64 << 10;
/// Just outside it, or with its last byte.
const OUTSIDE: u64 = PAGE as u64 - 1;

/// A store with a memory, a directory as descriptor 3 and a regular file as 4; 0 to 2 are a pipe without a writer.
pub(super) struct Bare {
    store: Store<State>,
    linker: Linker<State>,
    memory: Memory,
    pub(super) folder: tempfile::TempDir,
}

impl Bare {
    pub(super) fn new() -> Self {
        let engine = Engine::default();
        let folder = tempfile::tempdir().unwrap();
        let dirs = vec![PreopenedDir { host: folder.path().into(), guest: "/data".into(), read_only: false }];
        let wasi = Ctx::new(Config { args: vec!["one".into(), "two".into()], dirs, ..Config::default() }).unwrap();
        let stop = Stop::new(PATIENCE).unwrap();
        let mut store = Store::new(&engine, state(wasi, stop));
        let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
        let known = GuestMemory::new(memory, &store);
        store.data_mut().memory = Some(known);
        let mut linker = Linker::new(&engine);
        add_to_linker(&mut linker, &|_| true).unwrap();
        let mut bare = Self { store, linker, memory, folder };
        for fd in 0..3 {
            bare.ctx().table.close(fd).unwrap();
        }
        for _ in 0..3 {
            bare.insert(pipe().0);
        }
        let path = bare.folder.path().join("file");
        fs::write(&path, "0123456789").unwrap();
        assert_eq!(bare.insert(fs::File::options().read(true).write(true).open(path).unwrap()), 4);
        bare
    }

    pub(super) fn ctx(&mut self) -> &mut Ctx {
        &mut self.store.data_mut().wasi
    }

    /// Opens `file` for the guest.
    pub(super) fn insert(&mut self, file: impl Into<OwnedFd>) -> u32 {
        let descriptor = Descriptor::new(Source::File(file.into()), ALL, 0, false).unwrap();
        self.ctx().table.insert(descriptor).unwrap()
    }

    pub(super) fn put(&mut self, at: usize, bytes: &[u8]) {
        self.memory.write(&mut self.store, at, bytes).unwrap();
    }

    pub(super) fn get(&self, at: usize, len: usize) -> &[u8] {
        &self.memory.data(&self.store)[at..at + len]
    }

    pub(super) fn u32(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.get(at, 4).try_into().unwrap())
    }

    pub(super) fn u64(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.get(at, 8).try_into().unwrap())
    }

    /// Calls `name`; the result is WASI's error number, or the exit code of a guest that it ended.
    pub(super) fn call(&mut self, name: &str, arguments: &[u64]) -> Result<i32, i32> {
        let function = self.linker.get(&mut self.store, "wasi_snapshot_preview1", name).unwrap().into_func().unwrap();
        let types: Vec<_> = function.ty(&self.store).params().collect();
        assert_eq!(types.len(), arguments.len(), "parameters of {name}");
        let values: Vec<_> = types.iter().zip(arguments).map(|(kind, &value)| must_be(kind, value)).collect();
        let mut result = [Val::I32(-1)];
        match function.call(&mut self.store, &values, &mut result) {
            Ok(()) => Ok(result[0].unwrap_i32()),
            Err(error) => Err(error.downcast_ref::<Exit>().unwrap_or_else(|| panic!("{name}: {error:?}")).0),
        }
    }

    /// Every function but those that end the guest, with its parameters.
    fn functions(&mut self) -> Vec<(String, Vec<ValType>)> {
        let all: Vec<_> = self.linker.iter(&mut self.store).map(|(_, name, item)| (name.to_owned(), item)).collect();
        assert_eq!(all.len(), 46);
        let parameters = |item: Extern| item.into_func().unwrap().ty(&self.store).params().collect();
        let all = all.into_iter().map(|(name, item)| (name, parameters(item)));
        all.filter(|(name, _)| !name.starts_with("proc_")).collect()
    }
}

fn must_be(kind: &ValType, value: u64) -> Val {
    match kind {
        ValType::I32 => Val::I32(value as u32 as i32),
        ValType::I64 => Val::I64(value as i64),
        other => panic!("a parameter of type {other}"),
    }
}

#[test]
fn the_imports_have_the_types_of_the_c_library() {
    let guest = Guest::new("imports");
    let module = wasmtime::Module::new(&Engine::default(), &guest.module).unwrap();
    assert_eq!(module.imports().count(), 45, "all but proc_raise, which the C library does not declare");
    assert_eq!(guest.run(), 0);
    assert_eq!(Bare::new().call("proc_raise", &[0]), Ok(0));
}

#[test]
fn bad_pointers_are_faults() {
    let bad = OUTSIDE;
    let cases: &[(&str, &[u64])] = &[
        ("args_get", &[bad, 0]),
        ("args_get", &[0, bad]),
        ("args_sizes_get", &[bad, 0]),
        ("args_sizes_get", &[0, bad]),
        ("environ_sizes_get", &[bad, 0]),
        ("environ_sizes_get", &[0, bad]),
        ("clock_res_get", &[1, bad]),
        ("clock_time_get", &[1, 0, bad]),
        ("fd_fdstat_get", &[4, bad]),
        ("fd_filestat_get", &[4, bad]),
        ("fd_pread", &[4, bad, 1, 0, 0]),
        ("fd_pread", &[4, 64, 1, 0, bad]),
        ("fd_pread", &[4, 80, 1, 0, 0]),
        ("fd_prestat_get", &[3, bad]),
        ("fd_prestat_dir_name", &[3, bad, 5]),
        ("fd_pwrite", &[4, bad, 1, 0, 0]),
        ("fd_pwrite", &[4, 64, 1, 0, bad]),
        ("fd_pwrite", &[4, 80, 1, 0, 0]),
        ("fd_read", &[4, bad, 1, 0]),
        ("fd_read", &[4, 64, 1, bad]),
        ("fd_read", &[4, 80, 1, 0]),
        ("fd_readdir", &[3, bad, 100, 0, 0]),
        ("fd_readdir", &[3, 0, 100, 0, bad]),
        ("fd_seek", &[4, 0, 0, bad]),
        ("fd_tell", &[4, bad]),
        ("fd_write", &[4, bad, 1, 0]),
        ("fd_write", &[4, 64, 1, bad]),
        ("fd_write", &[4, 80, 1, 0]),
        ("path_create_directory", &[3, bad, 2]),
        ("path_filestat_get", &[3, 0, bad, 2, 0]),
        ("path_filestat_get", &[3, 0, 96, 4, bad]),
        ("path_filestat_set_times", &[3, 0, bad, 2, 0, 0, 0]),
        ("path_link", &[3, 0, bad, 2, 3, 96, 4]),
        ("path_link", &[3, 0, 96, 4, 3, bad, 2]),
        ("path_open", &[3, 0, bad, 2, 0, ALL, ALL, 0, 0]),
        ("path_open", &[3, 0, 96, 4, 0, ALL, ALL, 0, bad]),
        ("path_readlink", &[3, bad, 2, 0, 8, 0]),
        ("path_readlink", &[3, 100, 4, bad, 8, 0]),
        ("path_readlink", &[3, 100, 4, 0, 8, bad]),
        ("path_remove_directory", &[3, bad, 2]),
        ("path_rename", &[3, bad, 2, 3, 96, 4]),
        ("path_rename", &[3, 96, 4, 3, bad, 2]),
        ("path_symlink", &[bad, 2, 3, 96, 4]),
        ("path_symlink", &[96, 4, 3, bad, 2]),
        ("path_unlink_file", &[3, bad, 2]),
        ("poll_oneoff", &[bad, 0, 1, 0]),
        ("poll_oneoff", &[0, bad, 1, 0]),
        ("poll_oneoff", &[0, 0, 1, bad]),
        ("random_get", &[bad, 2]),
        ("random_get", &[0, 0xffff_ffff]),
        ("sock_accept", &[5, 0, bad]),
        ("sock_recv", &[6, bad, 1, 0, 0, 0]),
        ("sock_recv", &[6, 64, 1, 0, bad, 0]),
        ("sock_recv", &[6, 64, 1, 0, 0, bad]),
        ("sock_send", &[6, bad, 1, 0, 0]),
        ("sock_send", &[6, 64, 1, 0, bad]),
    ];
    let mut bare = Bare::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    assert_eq!((bare.insert(listener), bare.insert(stream)), (5, 6));
    std::os::unix::fs::symlink("file", bare.folder.path().join("link")).unwrap();
    bare.put(64, &[0, 1, 0, 0, 4, 0, 0, 0]);
    bare.put(80, &[[0xf0, 0xff, 0, 0], 17u32.to_le_bytes()].concat());
    bare.put(96, b"filelink");
    for (name, arguments) in cases {
        assert_eq!(bare.call(name, arguments), Ok(FAULT), "{name} {arguments:?}");
    }
    assert_eq!(fs::read(bare.folder.path().join("file")).unwrap(), b"0123456789", "a call that failed wrote");
    assert_eq!(bare.call("path_open", &[3, 0, 96, 4, 0, ALL, ALL, 0, 0]), Ok(0));
    assert_eq!(bare.u32(0), 7, "a call that failed left a descriptor open");
}

#[test]
fn no_arguments_do_harm() {
    // Numbers at the edges of every meaning; sizes between would only fill the disk.
    const SMALL: [u64; 12] = [0, 1, 3, 4, 5, 8, 64, OUTSIDE, PAGE as u64, 1 << 30, 0x7fff_ffff, 0xffff_ffff];
    const LARGE: [u64; 6] = [0, 1, 64, i64::MAX as u64, 1 << 63, u64::MAX];
    let mut bare = Bare::new();
    let mut random = 1u64;
    let mut pick = |from: &[u64]| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        from[(random % from.len() as u64) as usize]
    };
    for (name, types) in bare.functions() {
        for round in 0..500 {
            if round % 50 == 0 {
                bare = Bare::new();
                bare.put(64, b"file");
            }
            // Descriptors 0 to 2 could be waited for.
            bare.put(0, &[0; 64]);
            let arguments: Vec<_> =
                types.iter().map(|kind| pick(if matches!(kind, ValType::I32) { &SMALL } else { &LARGE })).collect();
            if arguments.first() == Some(&0) && name.starts_with("fd_") {
                continue;
            }
            let result = bare.call(&name, &arguments);
            assert!(matches!(result, Ok(0..=76)), "{name} {arguments:?}: {result:?}");
            assert!(!matches!(result, Ok(52 | 58)), "{name} {arguments:?} is not supported");
        }
    }
}

#[test]
fn a_path_with_a_nul_is_invalid() {
    // As Rust's std and Go report it natively, and as other runtimes do.
    let mut bare = Bare::new();
    bare.put(64, b"fi\0e");
    assert_eq!(bare.call("path_open", &[3, 0, 64, 4, 0, ALL, ALL, 0, 0]), Ok(INVAL));
    assert_eq!(bare.call("path_filestat_get", &[3, 0, 64, 4, 0]), Ok(INVAL));
    assert_eq!(bare.call("path_create_directory", &[3, 64, 4]), Ok(INVAL));
}

#[test]
fn lists_of_buffers_are_taken_up_to_linuxs_limit() {
    let mut bare = Bare::new();
    let entry = [200u32.to_le_bytes(), 1u32.to_le_bytes()].concat();
    bare.put(200, b"x");
    bare.put(1024, &entry.repeat(1024));
    assert_eq!(bare.call("fd_write", &[4, 1024, 1024, 0]), Ok(0));
    assert_eq!(bare.u32(0), 1024);
    assert_eq!(fs::read(bare.folder.path().join("file")).unwrap(), [b'x'; 1024]);
    for count in [1025, 1 << 29, u64::from(u32::MAX)] {
        for name in ["fd_write", "fd_read"] {
            assert_eq!(bare.call(name, &[4, 1024, count, 0]), Ok(INVAL), "{name} {count}");
        }
    }
    assert_eq!(bare.call("fd_write", &[4, 1024, 0, 0]), Ok(0));
    assert_eq!(bare.u32(0), 0);
}

#[test]
fn numbers_of_handles_are_no_descriptors() {
    let mut bare = Bare::new();
    for fd in [1 << 30, 0x7fff_ffff] {
        for (name, types) in bare.functions() {
            if !name.starts_with("fd_") && !name.starts_with("path_") || name == "path_symlink" {
                continue;
            }
            let mut arguments = vec![0; types.len()];
            arguments[0] = fd;
            assert_eq!(bare.call(&name, &arguments), Ok(BADF), "{name}");
        }
        assert!(bare.ctx().host_fd(fd as u32).is_none());
    }
    assert!(bare.ctx().host_fd(3).is_some() && bare.ctx().host_fd(4).is_some() && bare.ctx().host_fd(5).is_none());
}

#[test]
fn descriptors_are_numbered_as_in_posix() {
    let mut bare = Bare::new();
    assert_eq!(bare.call("fd_renumber", &[4, 9]), Ok(0));
    assert_eq!(bare.call("fd_close", &[4]), Ok(BADF));
    assert_eq!(bare.call("fd_renumber", &[9, 0]), Ok(0));
    assert_eq!(bare.call("fd_tell", &[0, 0]), Ok(0));
    assert_eq!(bare.call("fd_renumber", &[9, 0]), Ok(BADF));
    assert_eq!(bare.call("fd_renumber", &[0, 1 << 20]), Ok(BADF));
    assert_eq!(bare.call("fd_close", &[1]), Ok(0));
    bare.put(64, b"file");
    for expected in [1, 4, 5] {
        assert_eq!(bare.call("path_open", &[3, 0, 64, 4, 0, ALL, ALL, 0, 0]), Ok(0));
        assert_eq!(bare.u32(0), expected);
    }
    while bare.call("path_open", &[3, 0, 64, 4, 0, ALL, ALL, 0, 0]) == Ok(0) {}
    assert_eq!(bare.call("path_open", &[3, 0, 64, 4, 0, ALL, ALL, 0, 0]), Ok(33), "EMFILE");
    assert_eq!(bare.u32(0), 1023);
}

#[test]
fn sockets_are_served_and_nothing_else_is_a_socket() {
    let mut bare = Bare::new();
    for name in ["sock_accept", "sock_recv", "sock_send", "sock_shutdown"] {
        let parameters = bare.functions().into_iter().find(|(other, _)| other == name).unwrap().1.len();
        let mut arguments = vec![0; parameters];
        arguments[0] = 4;
        assert_eq!(bare.call(name, &arguments), Ok(NOTSOCK), "{name}");
        arguments[0] = 40;
        assert_eq!(bare.call(name, &arguments), Ok(BADF), "{name}");
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let listener = u64::from(bare.insert(listener));
    assert_eq!(bare.call("sock_accept", &[listener, 0, 0]), Ok(0));
    let socket = u64::from(bare.u32(0));
    peer.write_all(b"hello").unwrap();
    bare.put(64, &[[0, 1, 0, 0], 100u32.to_le_bytes()].concat());
    for flags in [1, 0] {
        assert_eq!(bare.call("sock_recv", &[socket, 64, 1, flags, 0, 8]), Ok(0));
        assert_eq!((bare.u32(0), bare.get(256, 5)), (5, &b"hello"[..]), "flags {flags}");
    }
    bare.put(64, &[[0, 1, 0, 0], 5u32.to_le_bytes()].concat());
    assert_eq!(bare.call("sock_send", &[socket, 64, 1, 0, 0]), Ok(0));
    assert_eq!(bare.call("sock_shutdown", &[socket, 2]), Ok(0));
    assert_eq!(std::io::read_to_string(peer).unwrap(), "hello");
}

#[test]
fn times_are_set_one_by_one() {
    const ATIM: u64 = 1;
    const ATIM_NOW: u64 = 2;
    const MTIM: u64 = 4;
    const MTIM_NOW: u64 = 8;
    let mut bare = Bare::new();
    bare.put(256, b"file");
    let (old, new) = (1_000_000_001_123_456_789, 2_000_000_002_987_654_321);
    let set = |bare: &mut Bare, access, change, which| {
        assert_eq!(bare.call("path_filestat_set_times", &[3, 1, 256, 4, access, change, which]), Ok(0));
        assert_eq!(bare.call("fd_filestat_get", &[4, 0]), Ok(0));
        (bare.u64(40), bare.u64(48))
    };
    assert_eq!(set(&mut bare, old, new, ATIM | MTIM), (old, new));
    assert_eq!(set(&mut bare, new, 5, ATIM), (new, new));
    assert_eq!(set(&mut bare, 5, old, MTIM), (new, old));
    assert_eq!(set(&mut bare, 5, 5, 0), (new, old));
    assert!(set(&mut bare, 5, 5, MTIM_NOW).1 > old);
    assert_ne!(set(&mut bare, 5, 5, ATIM_NOW).0, new);
    for both in [ATIM | ATIM_NOW, MTIM | MTIM_NOW] {
        assert_eq!(bare.call("fd_filestat_set_times", &[4, 0, 0, both]), Ok(INVAL));
    }
}

/// A clock subscription, and one for reading or writing a descriptor.
fn clock(userdata: u64, id: u32, timeout: u64, absolute: bool) -> Vec<u8> {
    let words = [userdata, 0, id.into(), timeout, 0, absolute.into()];
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn descriptor(userdata: u64, tag: u64, fd: u64) -> Vec<u8> {
    [userdata, tag, fd, 0, 0, 0].iter().flat_map(|word| word.to_le_bytes()).collect()
}

#[test]
fn polling_reports_what_is_ready() {
    let mut bare = Bare::new();
    let (reader, writer) = pipe();
    let reader = u64::from(bare.insert(reader));
    rustix::io::write(&writer, b"abc").unwrap();
    let list = [
        clock(10, 1, u64::MAX, false),
        descriptor(11, 1, reader),
        descriptor(12, 1, 99),
        descriptor(13, 2, 4),
        descriptor(14, 1, 4),
        clock(15, 2, 0, false),
        clock(16, 9, 0, false),
        clock(17, 0, 1, true),
    ];
    bare.put(1024, &list.concat());
    assert_eq!(bare.call("poll_oneoff", &[1024, 4096, list.len() as u64, 0]), Ok(0));
    let events: Vec<_> = (0..bare.u32(0) as usize)
        .map(|index| 4096 + 32 * index)
        .map(|at| (bare.u64(at), i32::from(bare.get(at + 8, 1)[0]), bare.get(at + 10, 1)[0], bare.u64(at + 16)))
        .collect();
    let expected = [
        (11, 0, 1, 3),
        (12, BADF, 1, 0),
        (13, 0, 2, 0),
        (14, 0, 1, 10),
        (15, INVAL, 0, 0),
        (16, INVAL, 0, 0),
        (17, 0, 0, 0),
    ];
    assert_eq!(events, expected);
    for count in [0, 4097, u64::from(u32::MAX)] {
        assert_eq!(bare.call("poll_oneoff", &[0, 0, count, 0]), Ok(INVAL), "{count} subscriptions");
    }
    drop(writer);
    rustix::io::read(bare.ctx().host_fd(reader as u32).unwrap(), &mut [0; 3]).unwrap();
    bare.put(1024, &descriptor(1, 1, reader));
    assert_eq!(bare.call("poll_oneoff", &[1024, 4096, 1, 0]), Ok(0));
    assert_eq!((bare.u32(0), bare.get(4096 + 24, 1)), (1, &[1][..]), "hang-up");
}

#[test]
fn polling_survives_any_timeout_and_many_subscriptions() {
    let mut bare = Bare::new();
    let stop = bare.store.data().stop.clone();
    let began = Instant::now();
    bare.put(
        1024,
        &[clock(1, 1, u64::MAX, false), clock(2, 0, u64::MAX, true), clock(3, 1, 1_000_000, false)].concat(),
    );
    assert_eq!(bare.call("poll_oneoff", &[1024, 4096, 3, 0]), Ok(0));
    assert_eq!((bare.u32(0), bare.u64(4096)), (1, 3));
    assert!(began.elapsed().as_nanos() >= 1_000_000);
    // The same pipe over and over must not be more than the kernel polls.
    bare.put(0, &descriptor(0, 1, 1).repeat(1200));
    stop.handle(2, true).unwrap();
    stop.signal(2);
    assert_eq!(bare.call("poll_oneoff", &[0, 0, 1200, 60_000]), Ok(0));
}
