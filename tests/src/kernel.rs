//! What the kernel holds: programs, maps and links by their ids. Ids are given out in turn, so one that is gone
//! does not come back while a test runs. And what it counts.
#![allow(unsafe_code)]

use std::collections::BTreeSet;
use std::ffi::c_int;
use std::fs;
use std::io;
use std::os::fd::{FromRawFd, OwnedFd};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::wait::must_become;

/// Ids of programs, maps and links.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ids {
    /// Loaded programs.
    pub programs: BTreeSet<u32>,
    /// Maps.
    pub maps: BTreeSet<u32>,
    /// Attachments.
    pub links: BTreeSet<u32>,
}

impl Ids {
    /// Everything on this kernel, other people's too.
    pub fn all() -> Self {
        Self {
            programs: walk(libbpf_sys::bpf_prog_get_next_id),
            maps: walk(libbpf_sys::bpf_map_get_next_id),
            links: walk(libbpf_sys::bpf_link_get_next_id),
        }
    }

    /// What process `pid` holds descriptors of.
    pub fn of(pid: u32) -> Self {
        let mut ids = Self::default();
        let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fdinfo")) else { return ids };
        // A descriptor that was closed meanwhile is none of the process's any more.
        for text in entries.flatten().filter_map(|entry| fs::read_to_string(entry.path()).ok()) {
            for (field, value) in text.lines().filter_map(|line| line.split_once(':')) {
                let Ok(id) = value.trim().parse() else { continue };
                match field {
                    "prog_id" => ids.programs.insert(id),
                    "map_id" => ids.maps.insert(id),
                    "link_id" => ids.links.insert(id),
                    _ => continue,
                };
            }
        }
        ids
    }

    /// Those that are still there.
    pub fn left(&self) -> Self {
        let all = Self::all();
        Self { programs: &self.programs & &all.programs, maps: &self.maps & &all.maps, links: &self.links & &all.links }
    }

    /// Those that `other` does not have.
    pub fn without(&self, other: &Self) -> Self {
        Self {
            programs: &self.programs - &other.programs,
            maps: &self.maps - &other.maps,
            links: &self.links - &other.links,
        }
    }

    /// Waits until none of them is left: the kernel frees some of it after the process has ended.
    #[track_caller]
    pub fn must_vanish(&self) {
        must_become(&format!("{self:?} are all gone, of which are left {:?}", self.left()), || {
            self.left() == Self::default()
        });
    }
}

/// Keeps tests of one suite apart: where kernels run such programs preemptibly, the kernel turns away a second task that
/// gets to a program on a CPU where another is inside of it, and what the program does for it is never done.
pub fn take_turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lets the kernel count runs of programs and their time as long as this is kept. Linux 5.8.
#[track_caller]
pub fn must_count_runs() -> OwnedFd {
    // SAFETY: a plain system call.
    let fd = unsafe { libbpf_sys::bpf_enable_stats(libbpf_sys::BPF_STATS_RUN_TIME) };
    assert!(fd >= 0, "the kernel does not count runs: {}", io::Error::last_os_error());
    // SAFETY: the descriptor is new, and nobody else's.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

type NextId = unsafe extern "C" fn(u32, *mut u32) -> c_int;

fn walk(next_id: NextId) -> BTreeSet<u32> {
    let mut ids = BTreeSet::new();
    let mut id = 0;
    // SAFETY: each of the three functions stores one u32 at the pointer, which is valid for that.
    while unsafe { next_id(id, &mut id) } == 0 {
        ids.insert(id);
    }
    ids
}
