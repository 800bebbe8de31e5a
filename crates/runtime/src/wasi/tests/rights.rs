//! What the runtimes of Rust and Go ask for at their start and when they open files, call by call.

use super::calls::{BADF, Bare};
use super::pipe;
use crate::wasi::types::rights::ALL;

const AGAIN: i32 = 6;

/// The rights for reading and for writing a file.
const READ: u64 = 1 << 1;
const WRITE: u64 = 1 << 6;

#[test]
fn preopened_directories_are_found_by_counting_up() {
    let mut bare = Bare::new();
    assert_eq!(bare.call("fd_prestat_get", &[3, 0]), Ok(0));
    assert_eq!((bare.get(0, 1)[0], bare.u32(4)), (0, 5));
    assert_eq!(bare.call("fd_prestat_dir_name", &[3, 16, 5]), Ok(0));
    assert_eq!(bare.get(16, 5), b"/data");
    assert_eq!(bare.call("fd_prestat_dir_name", &[3, 16, 4]), Ok(37), "ENAMETOOLONG");
    // Descriptor 4 is open but was not granted; wasi-libc ends the program over any other error here.
    for fd in [0, 4, 5] {
        assert_eq!(bare.call("fd_prestat_get", &[fd, 0]), Ok(BADF));
    }
}

#[test]
fn arguments_are_measured_and_stored_exactly() {
    let mut bare = Bare::new();
    bare.put(0, &[0xff; 64]);
    assert_eq!(bare.call("args_sizes_get", &[0, 4]), Ok(0));
    assert_eq!((bare.u32(0), bare.u32(4)), (2, 8));
    assert_eq!(bare.call("args_get", &[16, 32]), Ok(0));
    assert_eq!((bare.u32(16), bare.u32(20), bare.u32(24)), (32, 36, u32::MAX));
    assert_eq!(bare.get(32, 9), b"one\0two\0\xff");
    assert_eq!(bare.call("environ_sizes_get", &[0, 4]), Ok(0));
    assert_eq!((bare.u32(0), bare.u32(4)), (0, 0));
    assert_eq!(bare.call("environ_get", &[0, 0]), Ok(0));
}

#[test]
fn access_follows_from_the_rights_asked_for() {
    let mut bare = Bare::new();
    bare.put(64, b"file");
    bare.put(80, &[[0, 1, 0, 0], 1u32.to_le_bytes()].concat());
    for (rights, reads, writes) in [(READ, 0, BADF), (WRITE, BADF, 0), (READ | WRITE, 0, 0), (0, BADF, BADF)] {
        assert_eq!(bare.call("path_open", &[3, 1, 64, 4, 0, rights, ALL, 0, 0]), Ok(0));
        let fd = u64::from(bare.u32(0));
        assert_eq!(bare.call("fd_read", &[fd, 80, 1, 0]), Ok(reads), "read with {rights:#x}");
        assert_eq!(bare.call("fd_write", &[fd, 80, 1, 0]), Ok(writes), "write with {rights:#x}");
        assert_eq!(bare.call("fd_fdstat_get", &[fd, 0]), Ok(0));
        assert_eq!((bare.get(0, 1)[0], bare.u64(8)), (4, rights));
        assert_eq!(bare.call("fd_close", &[fd]), Ok(0));
    }
    assert_eq!(bare.call("fd_fdstat_set_rights", &[4, READ, 0]), Ok(0));
    assert_eq!(bare.call("fd_write", &[4, 80, 1, 0]), Ok(BADF));
    assert_eq!(bare.call("fd_fdstat_set_rights", &[4, READ | WRITE, 0]), Ok(63), "EPERM: rights are only given up");
}

#[test]
fn a_directory_hands_on_all_rights_and_lists_itself() {
    let mut bare = Bare::new();
    assert_eq!(bare.call("fd_fdstat_get", &[3, 0]), Ok(0));
    assert_eq!((bare.get(0, 1)[0], bare.u64(16)), (3, ALL));
    bare.put(64, b".");
    assert_eq!(bare.call("path_open", &[3, 0, 64, 1, 2, READ, 0, 0, 0]), Ok(0));
    let fd = u64::from(bare.u32(0));
    assert_eq!(bare.call("fd_readdir", &[fd, 1024, 4096, 0, 0]), Ok(0));
    let whole = bare.u32(0) as usize;
    assert_eq!(whole, 3 * 24 + ".".len() + "..".len() + "file".len());
    let listing = bare.get(1024, whole).to_vec();
    // A buffer that is too small is filled to its last byte, with the same bytes.
    for room in [0, 1, 24, whole - 1, whole] {
        assert_eq!(bare.call("fd_readdir", &[fd, 1024, room as u64, 0, 0]), Ok(0));
        assert_eq!((bare.u32(0) as usize, bare.get(1024, room)), (room, &listing[..room]));
    }
    let after_first = u64::from_le_bytes(listing[..8].try_into().unwrap());
    let first = 24 + listing[16] as usize;
    assert_eq!(bare.call("fd_readdir", &[fd, 1024, 4096, after_first, 0]), Ok(0));
    assert_eq!(bare.get(1024, whole - first), &listing[first..]);
    assert_eq!(bare.call("fd_readdir", &[4, 1024, 4096, 0, 0]), Ok(54), "ENOTDIR");
}

#[test]
fn a_pipe_set_to_nonblocking_says_so() {
    let mut bare = Bare::new();
    let (reader, writer) = pipe();
    let fd = u64::from(bare.insert(reader));
    bare.put(80, &[[0, 1, 0, 0], 8u32.to_le_bytes()].concat());
    assert_eq!(bare.call("fd_fdstat_set_flags", &[fd, 4]), Ok(0));
    assert_eq!(bare.call("fd_fdstat_get", &[fd, 0]), Ok(0));
    assert_eq!(bare.get(2, 1)[0], 4);
    rustix::io::write(&writer, b"abc").unwrap();
    assert_eq!(bare.call("fd_read", &[fd, 80, 1, 0]), Ok(0));
    assert_eq!((bare.u32(0), bare.get(256, 3)), (3, &b"abc"[..]));
    let flags = rustix::fs::fcntl_getfl(&writer).unwrap();
    rustix::fs::fcntl_setfl(bare.ctx().host_fd(fd as u32).unwrap(), flags | rustix::fs::OFlags::NONBLOCK).unwrap();
    assert_eq!(bare.call("fd_read", &[fd, 80, 1, 0]), Ok(AGAIN));
    drop(writer);
    assert_eq!(bare.call("fd_read", &[fd, 80, 1, 0]), Ok(0));
    assert_eq!(bare.u32(0), 0);
}

#[test]
fn clocks_are_the_kernels() {
    let mut bare = Bare::new();
    let before = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    assert_eq!(bare.call("clock_time_get", &[1, 1, 0]), Ok(0));
    let after = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let nanoseconds = |time: rustix::time::Timespec| time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64;
    assert!((nanoseconds(before)..=nanoseconds(after)).contains(&bare.u64(0)));
    for id in 0..4 {
        assert_eq!(bare.call("clock_res_get", &[id, 0]), Ok(0));
        assert!(bare.u64(0) > 0);
        assert_eq!(bare.call("clock_time_get", &[id, 0, 0]), Ok(0));
    }
    assert_eq!(bare.call("clock_time_get", &[4, 0, 0]), Ok(28), "EINVAL");
}

#[test]
fn random_bytes_fill_what_is_asked_for() {
    let mut bare = Bare::new();
    assert_eq!(bare.call("random_get", &[1, 60_000]), Ok(0));
    let zeroes = bare.get(1, 60_000).iter().filter(|&&byte| byte == 0).count();
    assert!((100..400).contains(&zeroes), "{zeroes} zeroes among 60,000 random bytes");
    assert_eq!((bare.get(0, 1), bare.get(60_001, 100)), (&[0][..], &[0; 100][..]));
    assert_eq!(bare.call("random_get", &[0, 0]), Ok(0));
    assert_eq!(bare.call("sched_yield", &[]), Ok(0));
}
