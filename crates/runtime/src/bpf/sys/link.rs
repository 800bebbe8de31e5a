//! `struct bpf_link`: what can be done with an attachment.

use std::cell::RefCell;
use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr::NonNull;
use std::rc::Rc;

use libbpf_sys as ffi;
use rustix::io::Errno;

use super::object::RawObject;
use super::{check, check_ptr};

/// An attachment, undone when dropped.
pub(crate) struct RawLink {
    ptr: NonNull<ffi::bpf_link>,
    /// USDT and struct_ops links refer to their object while they are destroyed, also to the one that an update
    /// brought.
    objects: RefCell<Vec<Rc<RawObject>>>,
    /// Only these have the larger struct behind the pointer that an update by map reaches for.
    struct_ops: bool,
}

impl RawLink {
    /// A new link to a part of `object`.
    pub(super) fn of_object(ptr: NonNull<ffi::bpf_link>, object: &Rc<RawObject>) -> Self {
        Self { ptr, objects: RefCell::new(vec![Rc::clone(object)]), struct_ops: false }
    }

    /// The link pinned at `path`. Minimum kernel: 5.7.
    pub(crate) fn open(path: &CStr) -> Result<Self, Errno> {
        // SAFETY: the path is valid during the call; libbpf copies it.
        let ptr = check_ptr(unsafe { ffi::bpf_link__open(path.as_ptr()) })?;
        Ok(Self { ptr, objects: RefCell::default(), struct_ops: false })
    }

    /// Registers the struct_ops map at `index` of a loaded object with the kernel. Minimum kernel: 5.6.
    pub(crate) fn attach_struct_ops(object: &Rc<RawObject>, index: usize) -> Result<Self, Errno> {
        let map = object.map(index).ok_or(Errno::NOENT)?;
        // SAFETY: the map belongs to the object, which is alive.
        let ptr = check_ptr(unsafe { ffi::bpf_map__attach_struct_ops(map.ptr.as_ptr()) })?;
        Ok(Self { ptr, objects: RefCell::new(vec![Rc::clone(object)]), struct_ops: true })
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

    /// Replaces the attached struct_ops map by the one at `index` of `object`. EINVAL for links of other kinds.
    /// Minimum kernel: 6.4.
    pub(crate) fn update_map(&self, object: &Rc<RawObject>, index: usize) -> Result<(), Errno> {
        let map = object.map(index).ok_or(Errno::NOENT)?;
        if !self.struct_ops {
            return Err(Errno::INVAL);
        }
        // SAFETY: link and map are alive, and the link is of the kind whose larger struct libbpf reaches for.
        check(unsafe { ffi::bpf_link__update_map(self.ptr.as_ptr(), map.ptr.as_ptr()) })?;
        self.objects.borrow_mut().push(Rc::clone(object));
        Ok(())
    }

    /// Pins the link at `path`; it outlives this process then. Minimum kernel: 5.7.
    pub(crate) fn pin(&self, path: &CStr) -> Result<(), Errno> {
        // SAFETY: the link is alive, the path valid during the call; libbpf copies it.
        check(unsafe { ffi::bpf_link__pin(self.ptr.as_ptr(), path.as_ptr()) }).map(drop)
    }

    /// Removes the pin. EINVAL for a link that is not pinned.
    pub(crate) fn unpin(&self) -> Result<(), Errno> {
        // SAFETY: the link is alive.
        check(unsafe { ffi::bpf_link__unpin(self.ptr.as_ptr()) }).map(drop)
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
        // SAFETY: the link came from libbpf and is destroyed once; its objects are still alive. The result is 0 or the
        // error of closing a descriptor, about which nothing can be done.
        unsafe { ffi::bpf_link__destroy(self.ptr.as_ptr()) };
    }
}
