//! `struct bpf_link`: attaching, and what can be done with an attachment.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr::{self, NonNull};
use std::rc::Rc;

use libbpf_sys as ffi;
use rustix::io::Errno;

use super::object::RawObject;
use super::{check, check_ptr};

/// An attachment, undone when dropped.
pub(crate) struct RawLink {
    ptr: NonNull<ffi::bpf_link>,
    /// USDT and struct_ops links refer to their object while they are destroyed.
    _object: Option<Rc<RawObject>>,
}

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
    /// The descriptor becomes the link's: pass a duplicate.
    PerfEvent {
        event: BorrowedFd<'a>,
        cookie: u64,
        force_ioctl: bool,
    },
    Cgroup {
        directory: BorrowedFd<'a>,
    },
    Netns {
        namespace: BorrowedFd<'a>,
    },
    Xdp {
        ifindex: i32,
    },
    Tcx {
        ifindex: i32,
        flags: u32,
        relative_fd: u32,
        relative_id: u32,
        expected_revision: u64,
    },
    Netkit {
        ifindex: i32,
        flags: u32,
        relative_fd: u32,
        relative_id: u32,
        expected_revision: u64,
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
}

/// `sz` of an options struct.
fn sz<T>() -> ffi::size_t {
    size_of::<T>() as _
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
                Attach::Usdt { pid, path, provider, name, cookie } => {
                    let opts = ffi::bpf_usdt_opts { sz: sz::<ffi::bpf_usdt_opts>(), usdt_cookie: cookie };
                    ffi::bpf_program__attach_usdt(program, pid, path.as_ptr(), provider.as_ptr(), name.as_ptr(), &opts)
                }
                Attach::Tracepoint { category, name, cookie } => {
                    let opts = ffi::bpf_tracepoint_opts { sz: sz::<ffi::bpf_tracepoint_opts>(), bpf_cookie: cookie };
                    ffi::bpf_program__attach_tracepoint_opts(program, category.as_ptr(), name.as_ptr(), &opts)
                }
                Attach::RawTracepoint { name, cookie } => {
                    let mut opts = ffi::bpf_raw_tracepoint_opts {
                        sz: sz::<ffi::bpf_raw_tracepoint_opts>(),
                        cookie,
                        ..Default::default()
                    };
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
                    ffi::bpf_program__attach_perf_event_opts(program, event.as_raw_fd(), &opts)
                }
                Attach::Cgroup { directory } => ffi::bpf_program__attach_cgroup(program, directory.as_raw_fd()),
                Attach::Netns { namespace } => ffi::bpf_program__attach_netns(program, namespace.as_raw_fd()),
                Attach::Xdp { ifindex } => ffi::bpf_program__attach_xdp(program, ifindex),
                Attach::Tcx { ifindex, flags, relative_fd, relative_id, expected_revision } => {
                    let opts = ffi::bpf_tcx_opts {
                        sz: sz::<ffi::bpf_tcx_opts>(),
                        flags,
                        relative_fd,
                        relative_id,
                        expected_revision,
                        ..Default::default()
                    };
                    ffi::bpf_program__attach_tcx(program, ifindex, &opts)
                }
                Attach::Netkit { ifindex, flags, relative_fd, relative_id, expected_revision } => {
                    let opts = ffi::bpf_netkit_opts {
                        sz: sz::<ffi::bpf_netkit_opts>(),
                        flags,
                        relative_fd,
                        relative_id,
                        expected_revision,
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
                        ..Default::default()
                    };
                    ffi::bpf_program__attach_netfilter(program, &opts)
                }
                Attach::Freplace { target, function } => {
                    ffi::bpf_program__attach_freplace(program, target.as_raw_fd(), function.as_ptr())
                }
                Attach::Sockmap { map } => ffi::bpf_program__attach_sockmap(program, map.as_raw_fd()),
            }
        };
        Ok(Self { ptr: check_ptr(ptr)?, _object: Some(Rc::clone(object)) })
    }

    /// Registers the struct_ops map at `index` of a loaded object with the kernel. Minimum kernel: 5.6.
    pub(crate) fn attach_struct_ops(object: &Rc<RawObject>, index: usize) -> Result<Self, Errno> {
        let map = object.maps.get(index).ok_or(Errno::NOENT)?;
        // SAFETY: the map belongs to the object, which is alive.
        let ptr = check_ptr(unsafe { ffi::bpf_map__attach_struct_ops(map.as_ptr()) })?;
        Ok(Self { ptr, _object: Some(Rc::clone(object)) })
    }

    /// The link's descriptor. For perf-event based links on old kernels: the event's.
    pub(crate) fn fd(&self) -> Result<BorrowedFd<'_>, Errno> {
        // SAFETY: the link is alive.
        let fd = check(unsafe { ffi::bpf_link__fd(self.ptr.as_ptr()) })?;
        // SAFETY: a non-negative result is an open descriptor that the link owns.
        Ok(unsafe { BorrowedFd::borrow_raw(fd) })
    }

    /// Detaches without closing. Minimum kernel: 5.9; EOPNOTSUPP for kinds that cannot.
    pub(crate) fn detach(&self) -> Result<(), Errno> {
        // SAFETY: the link is alive.
        check(unsafe { ffi::bpf_link__detach(self.ptr.as_ptr()) }).map(drop)
    }

    /// Makes the later drop leave the program attached.
    pub(crate) fn disconnect(&self) {
        // SAFETY: the link is alive.
        unsafe { ffi::bpf_link__disconnect(self.ptr.as_ptr()) };
    }

    /// Replaces the attached program by the one at `index` of `object`, atomically. Minimum kernel: 5.7.
    pub(crate) fn update_program(&self, object: &RawObject, index: usize) -> Result<(), Errno> {
        let program = object.program(index).ok_or(Errno::NOENT)?;
        // SAFETY: link and program are alive.
        check(unsafe { ffi::bpf_link__update_program(self.ptr.as_ptr(), program.ptr.as_ptr()) }).map(drop)
    }

    /// Opens the stream of an iterator link. Minimum kernel: 5.8.
    pub(crate) fn iterate(&self) -> Result<OwnedFd, Errno> {
        // SAFETY: the descriptor is the link's; the result is a new one that nobody else owns.
        unsafe {
            let fd = check(ffi::bpf_iter_create(self.fd()?.as_raw_fd()))?;
            Ok(OwnedFd::from_raw_fd(fd))
        }
    }
}

impl Drop for RawLink {
    fn drop(&mut self) {
        // SAFETY: the link came from libbpf and is destroyed once; its object is still alive. The result is 0 or the
        // error of closing a descriptor, about which nothing can be done.
        unsafe { ffi::bpf_link__destroy(self.ptr.as_ptr()) };
    }
}
