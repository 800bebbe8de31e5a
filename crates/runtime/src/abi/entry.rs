//! What a handle can stand for.

use std::cell::RefCell;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::rc::Rc;

use rustix::io::Errno;

use super::Ctx;
use super::counter::Counter;
use super::epoll::Epoll;
use crate::bpf::btf::Btf;
use crate::bpf::btf_dump::Dump;
use crate::bpf::link::Link;
use crate::bpf::map::{Map, Shape};
use crate::bpf::object::Object;
use crate::bpf::perf::Perf;
use crate::bpf::socket::Socket;
use crate::handle::Handle;
use crate::shm::ring::Ring;
use crate::shm::window::WindowId;
use crate::state::State;

/// An open thing of a guest's.
pub(crate) enum Entry {
    Object(ObjectEntry),
    Program(ProgramEntry),
    Map(Rc<Map>),
    Link(Link),
    Ring(Rc<RefCell<Ring>>),
    Perf(Rc<RefCell<Perf>>),
    PerfEvent(OwnedFd),
    Stream(OwnedFd),
    Btf(Rc<Btf>),
    Window(WindowId),
    Socket(Rc<Socket>),
    Dump(Box<Dump>),
    Epoll(Rc<Epoll>),
    Counter(Rc<Counter>),
}

/// An object with the handles of its parts, which die with it.
pub(crate) struct ObjectEntry {
    pub(crate) object: Rc<Object>,
    pub(crate) programs: Vec<Handle>,
    pub(crate) maps: Vec<Handle>,
    /// Links that are closed with the object (v0 has no links of their own).
    pub(crate) links: Vec<Link>,
}

/// A program, by its index in its object.
#[derive(Clone)]
pub(crate) struct ProgramEntry {
    pub(crate) object: Rc<Object>,
    pub(crate) index: usize,
}

impl ObjectEntry {
    fn parts(&self) -> impl Iterator<Item = Handle> {
        self.programs.iter().chain(&self.maps).copied()
    }
}

impl Ctx {
    /// Gives an object and all its parts their handles.
    pub(crate) fn add_object(&mut self, object: Object) -> Result<Handle, Errno> {
        self.room_for_object(object.programs().count())?;
        let object = Rc::new(object);
        let mut entry =
            ObjectEntry { object: Rc::clone(&object), programs: Vec::new(), maps: Vec::new(), links: Vec::new() };
        let added = self.add_parts(&mut entry);
        let parts: Vec<Handle> = entry.parts().collect();
        added.and_then(|()| self.handles.insert(Entry::Object(entry))).inspect_err(|_| self.close_parts(&parts))
    }

    fn add_parts(&mut self, entry: &mut ObjectEntry) -> Result<(), Errno> {
        for index in 0..entry.object.programs().count() {
            let program = ProgramEntry { object: Rc::clone(&entry.object), index };
            entry.programs.push(self.handles.insert(Entry::Program(program))?);
        }
        for index in 0..entry.object.maps().count() {
            entry.maps.push(self.handles.insert(Entry::Map(Rc::new(Map::of(&entry.object, index))))?);
        }
        Ok(())
    }

    /// Closes a handle; an object takes its programs and maps along.
    pub(crate) fn close(&mut self, handle: Handle) -> Result<(), Errno> {
        self.recent = None;
        match self.handles.remove(handle)? {
            Entry::Object(object) => self.close_parts(&object.parts().collect::<Vec<_>>()),
            Entry::Window(window) => self.windows.close(window),
            _ => {}
        }
        Ok(())
    }

    /// Gives a map that no object owns its handle.
    pub(crate) fn add_map(&mut self, map: Map) -> Result<Handle, Errno> {
        self.handles.insert(Entry::Map(Rc::new(map)))
    }

    fn close_parts(&mut self, parts: &[Handle]) {
        for part in parts {
            // A part that the guest closed by itself is gone already.
            let _ = self.handles.remove(*part);
        }
    }

    pub(crate) fn object(&self, handle: Handle) -> Result<&ObjectEntry, Errno> {
        match self.handles.get(handle)? {
            Entry::Object(object) => Ok(object),
            _ => Err(Errno::BADF),
        }
    }

    pub(crate) fn object_mut(&mut self, handle: Handle) -> Result<&mut ObjectEntry, Errno> {
        match self.handles.get_mut(handle)? {
            Entry::Object(object) => Ok(object),
            _ => Err(Errno::BADF),
        }
    }

    pub(crate) fn program(&self, handle: Handle) -> Result<ProgramEntry, Errno> {
        match self.handles.get(handle)? {
            Entry::Program(program) => Ok(program.clone()),
            _ => Err(Errno::BADF),
        }
    }

    pub(crate) fn map(&self, handle: Handle) -> Result<Rc<Map>, Errno> {
        match self.handles.get(handle)? {
            Entry::Map(map) => Ok(Rc::clone(map)),
            _ => Err(Errno::BADF),
        }
    }

    /// Lets `recent_shape` be the shape of this map, as it most often is already.
    #[inline(always)]
    pub(crate) fn remember_shape(&mut self, handle: Handle) -> Result<(), Errno> {
        match self.recent {
            Some((recent, _)) if recent == handle => Ok(()),
            _ => self.find_shape(handle),
        }
    }

    /// The shape that was remembered last. Not copied: each element would pay for it.
    #[inline(always)]
    pub(crate) fn recent_shape(&self) -> Result<&Shape, Errno> {
        self.recent.as_ref().map(|(_, shape)| shape).ok_or(Errno::BADF)
    }

    #[cold]
    fn find_shape(&mut self, handle: Handle) -> Result<(), Errno> {
        self.recent = None;
        let shape = *self.map(handle)?.shape()?;
        self.recent = Some((handle, shape));
        Ok(())
    }

    pub(crate) fn btf(&self, handle: Handle) -> Result<&Rc<Btf>, Errno> {
        match self.handles.get(handle)? {
            Entry::Btf(types) => Ok(types),
            _ => Err(Errno::BADF),
        }
    }

    pub(crate) fn link(&self, handle: Handle) -> Result<&Link, Errno> {
        match self.handles.get(handle)? {
            Entry::Link(link) => Ok(link),
            _ => Err(Errno::BADF),
        }
    }
}

impl State {
    /// As [`Ctx::close`], where the guest asks for it: its grace time stands still meanwhile.
    pub(crate) fn close(&mut self, handle: Handle) -> Result<(), Errno> {
        let _closing = self.stop.closing();
        self.bpf.close(handle)
    }

    /// Runs `with` on the host's descriptor behind a number of the guest's: a handle, or a descriptor of WASI.
    pub(crate) fn with_host_fd<R>(&self, number: i32, with: impl FnOnce(BorrowedFd<'_>) -> R) -> Result<R, Errno> {
        use std::os::fd::AsFd;
        match self.bpf.handles.get(number) {
            Ok(Entry::Program(program)) => {
                let raw = program.object.program(program.index).ok_or(Errno::BADF)?;
                Ok(with(raw.fd().map_err(|_| Errno::BADF)?))
            }
            Ok(Entry::Map(map)) => Ok(with(map.fd()?)),
            Ok(Entry::Link(link)) => Ok(with(link.fd()?)),
            Ok(Entry::PerfEvent(fd) | Entry::Stream(fd)) => Ok(with(fd.as_fd())),
            Ok(_) => Err(Errno::BADF),
            Err(_) => {
                let number = u32::try_from(number).map_err(|_| Errno::BADF)?;
                Ok(with(self.wasi.host_fd(number).ok_or(Errno::BADF)?))
            }
        }
    }
}
