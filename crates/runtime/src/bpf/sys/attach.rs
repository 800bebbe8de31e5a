//! Attaching: every way that libbpf has, as one value.

use std::ffi::{CStr, CString};
use std::os::fd::{AsRawFd, BorrowedFd, IntoRawFd};
use std::ptr;
use std::rc::Rc;

use libbpf_sys as ffi;
use rustix::io::Errno;

use super::link::RawLink;
use super::object::RawObject;
use super::{check_ptr, sz};

/// Where and how to attach a program; the names are libbpf's `bpf_program__attach_*`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Attach<'a> {
    /// By the program's section.
    Auto,
    Kprobe {
        name: &'a CStr,
        offset: u64,
        retprobe: bool,
        cookie: u64,
        mode: u32,
    },
    /// Minimum kernel: 5.18; sessions: 6.10.
    KprobeMulti {
        targets: Targets<'a>,
        retprobe: bool,
        session: bool,
    },
    Ksyscall {
        name: &'a CStr,
        retprobe: bool,
        cookie: u64,
    },
    Uprobe {
        pid: i32,
        path: &'a CStr,
        offset: u64,
        function: Option<&'a CStr>,
        retprobe: bool,
        ref_counter: u64,
        cookie: u64,
        mode: u32,
    },
    /// Minimum kernel: 6.6; sessions: 6.13.
    UprobeMulti {
        pid: i32,
        path: &'a CStr,
        targets: Targets<'a>,
        ref_counters: &'a [u64],
        retprobe: bool,
        session: bool,
    },
    Usdt {
        pid: i32,
        path: &'a CStr,
        provider: &'a CStr,
        name: &'a CStr,
        cookie: u64,
    },
    Tracepoint {
        category: &'a CStr,
        name: &'a CStr,
        cookie: u64,
    },
    RawTracepoint {
        name: &'a CStr,
        cookie: u64,
    },
    Trace {
        cookie: u64,
    },
    Lsm,
    /// The link keeps a duplicate of the event.
    PerfEvent {
        event: BorrowedFd<'a>,
        cookie: u64,
        force_ioctl: bool,
    },
    /// A position: minimum kernel 6.17.
    Cgroup {
        directory: BorrowedFd<'a>,
        at: Position<'a>,
    },
    Netns {
        namespace: BorrowedFd<'a>,
    },
    Xdp {
        ifindex: i32,
    },
    /// Minimum kernel: 6.6.
    Tcx {
        ifindex: i32,
        at: Position<'a>,
    },
    /// Minimum kernel: 6.7.
    Netkit {
        ifindex: i32,
        at: Position<'a>,
    },
    Netfilter {
        family: u32,
        hook: u32,
        priority: i32,
        flags: u32,
    },
    Freplace {
        target: BorrowedFd<'a>,
        function: &'a CStr,
    },
    Sockmap {
        map: BorrowedFd<'a>,
    },
    Iter {
        over: IterOver<'a>,
    },
}

/// The functions of a multi probe. libbpf wants exactly one of pattern, symbols and places.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Targets<'a> {
    /// Names with `*` and `?`.
    pub(crate) pattern: Option<&'a CStr>,
    /// Exact names.
    pub(crate) symbols: &'a [CString],
    /// Addresses of kernel functions, file offsets of user functions.
    pub(crate) places: &'a [u64],
    /// One for each symbol or place, or none.
    pub(crate) cookies: &'a [u64],
}

/// Where among the programs of an interface or cgroup a new one goes; the default is the end.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Position<'a> {
    /// `BPF_F_BEFORE`, `BPF_F_AFTER`, `BPF_F_ID`, `BPF_F_LINK`.
    pub(crate) flags: u32,
    /// The program or link that it goes before or after.
    pub(crate) relative: Option<BorrowedFd<'a>>,
    /// The same by kernel id.
    pub(crate) relative_id: u32,
    /// ESTALE where the programs were changed since; 0: whatever there is.
    pub(crate) expected_revision: u64,
}

/// What an iterator walks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum IterOver<'a> {
    /// What the program's section says, all of it.
    All,
    /// The elements of a map.
    Map(BorrowedFd<'a>),
    /// The cgroups around one, in an order of `enum bpf_cgroup_iter_order`; none = the root.
    Cgroup { directory: Option<BorrowedFd<'a>>, order: u32 },
    /// The tasks of one thread, process, or process descriptor.
    Task { tid: u32, pid: u32, pidfd: Option<BorrowedFd<'a>> },
}

impl Targets<'_> {
    /// How many symbols or places there are. EINVAL where the lists disagree in length.
    fn count(&self, counters: &[u64]) -> Result<usize, Errno> {
        let count = self.symbols.len().max(self.places.len());
        let fits = |length: usize| length == 0 || length == count;
        if fits(self.symbols.len()) && fits(self.places.len()) && fits(self.cookies.len()) && fits(counters.len()) {
            return Ok(count);
        }
        Err(Errno::INVAL)
    }
}

/// The address of a list, NULL for an empty one: libbpf tells what is given by that.
fn list<T>(items: &[T]) -> *const T {
    if items.is_empty() { ptr::null() } else { items.as_ptr() }
}

fn number(fd: Option<BorrowedFd<'_>>) -> u32 {
    fd.map_or(0, |fd| fd.as_raw_fd() as u32)
}

impl IterOver<'_> {
    fn info(&self) -> Option<ffi::bpf_iter_link_info> {
        let mut info = ffi::bpf_iter_link_info::default();
        match *self {
            IterOver::All => return None,
            IterOver::Map(map) => info.map.map_fd = number(Some(map)),
            IterOver::Cgroup { directory, order } => {
                info.cgroup.order = order;
                info.cgroup.cgroup_fd = number(directory);
            }
            IterOver::Task { tid, pid, pidfd } => {
                info.task.tid = tid;
                info.task.pid = pid;
                info.task.pid_fd = number(pidfd);
            }
        }
        Some(info)
    }
}

impl RawLink {
    /// Attaches the program at `index` of a loaded object.
    pub(crate) fn attach(object: &Rc<RawObject>, index: usize, how: &Attach<'_>) -> Result<Self, Errno> {
        let program = object.program(index).ok_or(Errno::NOENT)?.ptr.as_ptr();
        // SAFETY: the program belongs to the object, which is alive; strings and option structs are valid during the
        // call, carry their size, and are copied by libbpf; descriptors are open.
        let ptr = unsafe {
            match *how {
                Attach::Auto => ffi::bpf_program__attach(program),
                Attach::Kprobe { name, offset, retprobe, cookie, mode } => {
                    let opts = ffi::bpf_kprobe_opts {
                        sz: sz::<ffi::bpf_kprobe_opts>(),
                        bpf_cookie: cookie,
                        offset: offset as _,
                        retprobe,
                        attach_mode: mode,
                        ..Default::default()
                    };
                    ffi::bpf_program__attach_kprobe_opts(program, name.as_ptr(), &opts)
                }
                Attach::KprobeMulti { targets, retprobe, session } => {
                    let mut symbols: Vec<_> = targets.symbols.iter().map(|symbol| symbol.as_ptr()).collect();
                    let opts = ffi::bpf_kprobe_multi_opts {
                        sz: sz::<ffi::bpf_kprobe_multi_opts>(),
                        syms: if symbols.is_empty() { ptr::null_mut() } else { symbols.as_mut_ptr() },
                        addrs: list(targets.places),
                        cookies: list(targets.cookies),
                        cnt: targets.count(&[])? as _,
                        retprobe,
                        session,
                        ..Default::default()
                    };
                    let pattern = targets.pattern.map_or(ptr::null(), CStr::as_ptr);
                    ffi::bpf_program__attach_kprobe_multi_opts(program, pattern, &opts)
                }
                Attach::Ksyscall { name, retprobe, cookie } => {
                    let opts = ffi::bpf_ksyscall_opts {
                        sz: sz::<ffi::bpf_ksyscall_opts>(),
                        bpf_cookie: cookie,
                        retprobe,
                        ..Default::default()
                    };
                    ffi::bpf_program__attach_ksyscall(program, name.as_ptr(), &opts)
                }
                Attach::Uprobe { pid, path, offset, function, retprobe, ref_counter, cookie, mode } => {
                    let opts = ffi::bpf_uprobe_opts {
                        sz: sz::<ffi::bpf_uprobe_opts>(),
                        ref_ctr_offset: ref_counter as _,
                        bpf_cookie: cookie,
                        retprobe,
                        func_name: function.map_or(ptr::null(), CStr::as_ptr),
                        attach_mode: mode,
                        ..Default::default()
                    };
                    ffi::bpf_program__attach_uprobe_opts(program, pid, path.as_ptr(), offset as _, &opts)
                }
                Attach::UprobeMulti { pid, path, targets, ref_counters, retprobe, session } => {
                    let mut symbols: Vec<_> = targets.symbols.iter().map(|symbol| symbol.as_ptr()).collect();
                    let opts = ffi::bpf_uprobe_multi_opts {
                        sz: sz::<ffi::bpf_uprobe_multi_opts>(),
                        syms: if symbols.is_empty() { ptr::null_mut() } else { symbols.as_mut_ptr() },
                        offsets: list(targets.places),
                        ref_ctr_offsets: list(ref_counters),
                        cookies: list(targets.cookies),
                        cnt: targets.count(ref_counters)? as _,
                        retprobe,
                        session,
                        ..Default::default()
                    };
                    let pattern = targets.pattern.map_or(ptr::null(), CStr::as_ptr);
                    ffi::bpf_program__attach_uprobe_multi(program, pid, path.as_ptr(), pattern, &opts)
                }
                Attach::Usdt { pid, path, provider, name, cookie } => {
                    let opts = ffi::bpf_usdt_opts { sz: sz::<ffi::bpf_usdt_opts>(), usdt_cookie: cookie };
                    ffi::bpf_program__attach_usdt(program, pid, path.as_ptr(), provider.as_ptr(), name.as_ptr(), &opts)
                }
                Attach::Tracepoint { category, name, cookie } => {
                    let opts = ffi::bpf_tracepoint_opts { sz: sz::<ffi::bpf_tracepoint_opts>(), bpf_cookie: cookie };
                    ffi::bpf_program__attach_tracepoint_opts(program, category.as_ptr(), name.as_ptr(), &opts)
                }
                Attach::RawTracepoint { name, cookie } => {
                    let mut opts = ffi::bpf_raw_tracepoint_opts { sz: sz::<ffi::bpf_raw_tracepoint_opts>(), cookie };
                    ffi::bpf_program__attach_raw_tracepoint_opts(program, name.as_ptr(), &mut opts)
                }
                Attach::Trace { cookie } => {
                    let opts = ffi::bpf_trace_opts { sz: sz::<ffi::bpf_trace_opts>(), cookie };
                    ffi::bpf_program__attach_trace_opts(program, &opts)
                }
                Attach::Lsm => ffi::bpf_program__attach_lsm(program),
                Attach::PerfEvent { event, cookie, force_ioctl } => {
                    let opts = ffi::bpf_perf_event_opts {
                        sz: sz::<ffi::bpf_perf_event_opts>(),
                        bpf_cookie: cookie,
                        force_ioctl_attach: force_ioctl,
                        ..Default::default()
                    };
                    let event = event.try_clone_to_owned().map_err(|_| Errno::MFILE)?;
                    let link = ffi::bpf_program__attach_perf_event_opts(program, event.as_raw_fd(), &opts);
                    if !link.is_null() {
                        // It is the link's from now on.
                        let _ = event.into_raw_fd();
                    }
                    link
                }
                Attach::Cgroup { directory, at } => {
                    let opts = ffi::bpf_cgroup_opts {
                        sz: sz::<ffi::bpf_cgroup_opts>(),
                        flags: at.flags,
                        relative_fd: number(at.relative),
                        relative_id: at.relative_id,
                        expected_revision: at.expected_revision,
                        ..Default::default()
                    };
                    ffi::bpf_program__attach_cgroup_opts(program, directory.as_raw_fd(), &opts)
                }
                Attach::Netns { namespace } => ffi::bpf_program__attach_netns(program, namespace.as_raw_fd()),
                Attach::Xdp { ifindex } => ffi::bpf_program__attach_xdp(program, ifindex),
                Attach::Tcx { ifindex, at } => {
                    let opts = ffi::bpf_tcx_opts {
                        sz: sz::<ffi::bpf_tcx_opts>(),
                        flags: at.flags,
                        relative_fd: number(at.relative),
                        relative_id: at.relative_id,
                        expected_revision: at.expected_revision,
                        ..Default::default()
                    };
                    ffi::bpf_program__attach_tcx(program, ifindex, &opts)
                }
                Attach::Netkit { ifindex, at } => {
                    let opts = ffi::bpf_netkit_opts {
                        sz: sz::<ffi::bpf_netkit_opts>(),
                        flags: at.flags,
                        relative_fd: number(at.relative),
                        relative_id: at.relative_id,
                        expected_revision: at.expected_revision,
                        ..Default::default()
                    };
                    ffi::bpf_program__attach_netkit(program, ifindex, &opts)
                }
                Attach::Netfilter { family, hook, priority, flags } => {
                    let opts = ffi::bpf_netfilter_opts {
                        sz: sz::<ffi::bpf_netfilter_opts>(),
                        pf: family,
                        hooknum: hook,
                        priority,
                        flags,
                    };
                    ffi::bpf_program__attach_netfilter(program, &opts)
                }
                Attach::Freplace { target, function } => {
                    ffi::bpf_program__attach_freplace(program, target.as_raw_fd(), function.as_ptr())
                }
                Attach::Sockmap { map } => ffi::bpf_program__attach_sockmap(program, map.as_raw_fd()),
                Attach::Iter { over } => {
                    let mut info = over.info();
                    let opts = ffi::bpf_iter_attach_opts {
                        sz: sz::<ffi::bpf_iter_attach_opts>(),
                        link_info: info.as_mut().map_or(ptr::null_mut(), ptr::from_mut),
                        link_info_len: info.map_or(0, |_| size_of::<ffi::bpf_iter_link_info>() as u32),
                        ..Default::default()
                    };
                    ffi::bpf_program__attach_iter(program, &opts)
                }
            }
        };
        Ok(Self::of_object(check_ptr(ptr)?, object))
    }
}
