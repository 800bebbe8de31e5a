//! Sleeping, waiting for input, and being interrupted in it.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::{Guest, PATIENCE, pipe};

/// Linux's SIGINT; and EINTR as the guest's libc numbers it.
const SIGINT: i32 = 2;
const EINTR: i32 = 27;

#[test]
fn a_sleep_is_never_too_short() {
    for nanoseconds in [0, 1, 999, 1_000_001, 20_999_999] {
        assert_eq!(Guest::new("sleep").arg(&nanoseconds.to_string()).run(), 0, "{nanoseconds} ns");
    }
}

#[test]
fn a_handled_signal_ends_a_sleep_early_and_with_success() {
    for nanoseconds in ["3600000000000", "9000000000000000000"] {
        let guest = Guest::new("sleep").arg(nanoseconds).arg("long").start();
        guest.stop.handle(SIGINT, true).unwrap();
        guest.must_wait();
        let signalled = Instant::now();
        guest.stop.signal(SIGINT);
        assert_eq!(guest.join(), 0);
        assert!(signalled.elapsed() < PATIENCE);
    }
}

#[test]
fn a_signal_without_a_handler_ends_a_sleeping_guest() {
    let guest = Guest::new("sleep").arg("3600000000000").start();
    guest.must_wait();
    guest.stop.signal(SIGINT);
    assert_eq!(guest.join(), 128 + SIGINT);
}

#[test]
fn a_handled_signal_interrupts_a_read_from_a_pipe() {
    let (reader, _writer) = pipe();
    let guest = Guest::new("cat").stdio(reader).start();
    guest.stop.handle(SIGINT, true).unwrap();
    guest.must_wait();
    guest.stop.signal(SIGINT);
    assert_eq!(guest.join(), EINTR);
}

#[test]
fn a_pipe_in_the_file_system_is_waited_for_where_signals_reach() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = must_make_fifo(folder.path());
    for role in ["read", "poll"] {
        let guest = Guest::new("fifo").arg(role).dir(folder.path(), "/data", false).start();
        guest.must_wait();
        OpenOptions::new().write(true).open(&fifo).unwrap().write_all(b"to the guest").unwrap();
        assert_eq!(guest.join(), 0, "{role}");
        assert_eq!(fs::read_to_string(folder.path().join("out")).unwrap(), "to the guest", "{role}");
        fs::remove_file(folder.path().join("out")).unwrap();
    }
    let guest = Guest::new("fifo").arg("write").dir(folder.path(), "/data", false).start();
    guest.must_wait();
    assert_eq!(std::io::read_to_string(File::open(&fifo).unwrap()).unwrap(), "from the guest");
    assert_eq!(guest.join(), 0);
}

#[test]
fn a_pipe_that_nobody_opens_does_not_hold_the_guest() {
    let folder = tempfile::tempdir().unwrap();
    must_make_fifo(folder.path());
    for role in ["read", "write"] {
        let guest = Guest::new("fifo").arg(role).dir(folder.path(), "/data", false).start();
        guest.stop.handle(SIGINT, true).unwrap();
        guest.must_wait();
        guest.stop.signal(SIGINT);
        assert_eq!(guest.join(), EINTR, "{role}");
    }
    assert_eq!(Guest::new("fifo").arg("nonblock").dir(folder.path(), "/data", false).run(), 0);
}

#[track_caller]
fn must_make_fifo(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("fifo");
    mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    path
}
