//! `struct bpf_object`.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::CString;
use std::os::fd::OwnedFd;
use std::ptr::{self, NonNull};
use std::rc::Rc;

use libbpf_sys::{bpf_map, bpf_object, bpf_object_open_opts, bpf_program};
use rustix::io::Errno;

use super::struct_ops::{StructOps, program_members};
use super::{check, check_ptr, text};
use crate::bpf::token::Token;
use crate::budget::Charge;

/// An open or loaded object, closed when dropped.
///
/// libbpf allocates programs and maps once, while opening, and frees them with the object, so their addresses
/// are collected here and stay valid as long as this value lives.
pub(crate) struct RawObject {
    ptr: NonNull<bpf_object>,
    pub(super) programs: Vec<NonNull<bpf_program>>,
    pub(super) maps: Vec<MapSlot>,
    /// What libbpf remembers by number without owning it.
    pub(super) held: RefCell<HashMap<Held, OwnedFd>>,
    /// For memory that the kernel has allocated, maps and arenas, as long as there is the object or a link to it.
    charges: RefCell<Vec<Rc<Charge>>>,
    /// Where in the arena its global variables are, in bytes; known after load.
    globals_offset: Cell<usize>,
    /// Where the kernel writes its log: for the object's programs, and for the one with an index.
    pub(super) logs: RefCell<HashMap<Option<usize>, Vec<u8>>>,
    /// The functions that were chosen, in place of those that sections name, by the program's index.
    pub(super) targets: RefCell<HashMap<usize, String>>,
}

/// A map as it was when the object was opened.
pub(super) struct MapSlot {
    pub(super) ptr: NonNull<bpf_map>,
    /// A struct_ops map's initial value; `None` for other types.
    pub(super) struct_ops: Option<StructOps>,
}

/// For whom a descriptor is held: the program or map with this index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Held {
    /// The program that a program attaches to.
    Target(usize),
    /// The template of a map-in-map's inner maps.
    Inner(usize),
    /// The types that the object is relocated against.
    Types,
}

/// The options of [`RawObject::open`]; libbpf's `struct bpf_object_open_opts`.
#[derive(Debug, Default)]
pub(crate) struct OpenOptions {
    /// Overrides the name that prefixes the names of global data maps.
    pub(crate) name: Option<CString>,
    /// A BTF file to relocate against in place of the kernel's own.
    pub(crate) btf_path: Option<CString>,
    /// The file behind that path, if it is to be kept open.
    pub(crate) btf_file: Option<OwnedFd>,
    /// Where maps with pinning by name go.
    pub(crate) pin_root: Option<CString>,
    /// Extra Kconfig text for `.kconfig` variables.
    pub(crate) kconfig: Option<CString>,
    /// The verifier's log level for all programs.
    pub(crate) kernel_log_level: u32,
    /// How many bytes of the verifier's log are kept; 0: the log goes to libbpf's lines.
    pub(crate) kernel_log_size: usize,
    /// Accept map definitions with unknown attributes.
    pub(crate) relaxed_maps: bool,
    /// What takes the place of capabilities.
    pub(crate) token: Option<Rc<Token>>,
}

impl RawObject {
    /// Parses an ELF object. Nothing reaches the kernel yet.
    pub(crate) fn open(elf: &[u8], options: OpenOptions) -> Result<Self, Errno> {
        let pointer = |text: &Option<CString>| text.as_ref().map_or(ptr::null(), |text| text.as_ptr());
        let mut log = vec![0; options.kernel_log_size];
        let opts = bpf_object_open_opts {
            sz: size_of::<bpf_object_open_opts>() as _,
            object_name: pointer(&options.name),
            relaxed_maps: options.relaxed_maps,
            pin_root_path: pointer(&options.pin_root),
            kconfig: pointer(&options.kconfig),
            btf_custom_path: pointer(&options.btf_path),
            kernel_log_buf: if log.is_empty() { ptr::null_mut() } else { log.as_mut_ptr().cast() },
            kernel_log_size: log.len() as _,
            kernel_log_level: options.kernel_log_level,
            bpf_token_path: options.token.as_ref().map_or(ptr::null(), |token| token.path().as_ptr()),
            ..Default::default()
        };
        // SAFETY: buffer, length and options are valid during the call; libbpf copies what it keeps, but for the log's
        // address, which stays valid as long as the object: its bytes do not move.
        let ptr = check_ptr(unsafe { libbpf_sys::bpf_object__open_mem(elf.as_ptr().cast(), elf.len() as _, &opts) })?;
        let mut object = Self {
            ptr,
            programs: Vec::new(),
            maps: Vec::new(),
            held: RefCell::default(),
            charges: RefCell::default(),
            globals_offset: Cell::default(),
            logs: RefCell::new(HashMap::from([(None, log)])),
            targets: RefCell::default(),
        };
        let mut program = ptr::null_mut();
        let mut map = ptr::null_mut();
        object.held.get_mut().extend(options.btf_file.map(|file| (Held::Types, file)));
        // SAFETY: the object is open; each iterator gets NULL or the element that it returned before.
        unsafe {
            while let Some(next) = NonNull::new(libbpf_sys::bpf_object__next_program(ptr.as_ptr(), program)) {
                object.programs.push(next);
                program = next.as_ptr();
            }
            while let Some(next) = NonNull::new(libbpf_sys::bpf_object__next_map(ptr.as_ptr(), map)) {
                let is_struct_ops = libbpf_sys::bpf_map__type(next.as_ptr()) == libbpf_sys::BPF_MAP_TYPE_STRUCT_OPS;
                if is_struct_ops && !libbpf_sys::bpf_map__autoattach(next.as_ptr()) {
                    // Declared among ordinary maps: libbpf would take data for granted that is not there.
                    return Err(Errno::INVAL);
                }
                let struct_ops = is_struct_ops.then(|| StructOps {
                    size: libbpf_sys::bpf_map__value_size(next.as_ptr()) as usize,
                    members: program_members(
                        libbpf_sys::bpf_object__btf(ptr.as_ptr()),
                        libbpf_sys::bpf_map__btf_value_type_id(next.as_ptr()),
                    ),
                });
                object.maps.push(MapSlot { ptr: next, struct_ops });
                map = next.as_ptr();
            }
        }
        Ok(object)
    }

    /// Creates the maps and relocates the programs, so that their instructions are what load hands to the kernel.
    pub(crate) fn prepare(&self) -> Result<(), Errno> {
        // SAFETY: the object is open; libbpf itself refuses to prepare twice with EINVAL.
        check(unsafe { libbpf_sys::bpf_object__prepare(self.ptr.as_ptr()) }).map(drop)
    }

    /// Creates the maps and loads the programs that are to be loaded.
    pub(crate) fn load(&self) -> Result<(), Errno> {
        let arena = |index: &usize| self.map(*index).is_some_and(|map| map.is_arena() && map.initial_size() > 0);
        if let Some(index) = (0..self.maps.len()).find(arena) {
            self.globals_offset.set(self.load_with_globals(self.maps[index].ptr)?);
            return Ok(());
        }
        // SAFETY: the object is open; libbpf itself refuses a second load with EINVAL.
        check(unsafe { libbpf_sys::bpf_object__load(self.ptr.as_ptr()) }).map(drop)
    }

    /// Keeps a charge as long as the object.
    pub(crate) fn keep(&self, charge: Rc<Charge>) {
        self.charges.borrow_mut().push(charge);
    }

    /// Where in its arena an object's global variables are, in bytes; 0 before load.
    pub(crate) fn globals_offset(&self) -> usize {
        self.globals_offset.get()
    }

    /// What the kernel wrote to the log of the program at an index, or to the object's; empty where there is none.
    pub(crate) fn log(&self, program: Option<usize>) -> String {
        let logs = self.logs.borrow();
        let bytes = logs.get(&program).map_or(&[][..], Vec::as_slice);
        let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
        String::from_utf8_lossy(&bytes[..end]).into_owned()
    }

    /// libbpf's address of it.
    pub(super) fn as_ptr(&self) -> *mut bpf_object {
        self.ptr.as_ptr()
    }

    /// The object's name.
    pub(crate) fn name(&self) -> String {
        // SAFETY: the object is open, and its name lives as long.
        unsafe { text(libbpf_sys::bpf_object__name(self.ptr.as_ptr())) }
    }

    /// How many programs the object has.
    pub(crate) fn program_count(&self) -> usize {
        self.programs.len()
    }

    /// How many maps the object has, those for global data included.
    pub(crate) fn map_count(&self) -> usize {
        self.maps.len()
    }
}

impl Drop for RawObject {
    fn drop(&mut self) {
        // SAFETY: the pointer came from open and is closed once, here. Links that refer to the object keep it
        // alive through their own reference.
        unsafe { libbpf_sys::bpf_object__close(self.ptr.as_ptr()) };
    }
}
