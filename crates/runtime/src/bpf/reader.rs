//! Reading what programs send: through a ring buffer, or through per-CPU perf buffers.

use std::cell::RefCell;
use std::rc::Rc;

use libbpf_sys as ffi;
use rustix::io::Errno;

use super::map::Map;
use super::perf::{self, Perf};
use super::sys::event::Attr;
use crate::shm::ring::Ring;

/// An open reader of a map.
#[derive(Clone)]
pub(crate) enum Reader {
    Ring(Rc<RefCell<Ring>>),
    Perf(Rc<RefCell<Perf>>),
}

impl Reader {
    /// Opens a reader for a map of type RINGBUF, or PERF_EVENT_ARRAY with `pages` pages per CPU (a power of two).
    /// EINVAL for other types, EBADF before load.
    pub(crate) fn open(map: &Map, pages: usize) -> Result<Self, Errno> {
        let shape = map.shape()?;
        match shape.kind {
            ffi::BPF_MAP_TYPE_RINGBUF => {
                Ok(Self::Ring(Rc::new(RefCell::new(Ring::open(map.fd()?, shape.max_entries as usize)?))))
            }
            ffi::BPF_MAP_TYPE_PERF_EVENT_ARRAY => {
                Ok(Self::Perf(Rc::new(RefCell::new(perf::open(map, pages, &mut Attr::bpf_output(), &[])?))))
            }
            _ => Err(Errno::INVAL),
        }
    }

    /// Whether perf buffers can be opened for the map. EBADF before load.
    pub(crate) fn takes_perf_events(map: &Map) -> Result<bool, Errno> {
        Ok(map.shape()?.kind == ffi::BPF_MAP_TYPE_PERF_EVENT_ARRAY)
    }
}
