//! Where libbpf puts the global variables of an arena.

use std::ptr::{self, NonNull};

use libbpf_sys::{self as ffi, bpf_map, bpf_map_skeleton, bpf_object_skeleton};
use rustix::io::Errno;

use super::check;
use super::object::RawObject;

impl RawObject {
    /// Loads an object whose arena `map` has global variables; where in the arena its programs look for them, in bytes.
    /// libbpf decides that by what the kernel can do, and tells skeletons only.
    pub(super) fn load_with_globals(&self, map: NonNull<bpf_map>) -> Result<usize, Errno> {
        let (mut object, mut map) = (self.as_ptr(), map.as_ptr());
        let mut variables = ptr::null_mut();
        let mut maps = bpf_map_skeleton { map: &mut map, mmaped: &mut variables, ..Default::default() };
        let mut skeleton = bpf_object_skeleton {
            sz: super::sz::<bpf_object_skeleton>(),
            // SAFETY: the object is open, and its name lives as long.
            name: unsafe { ffi::bpf_object__name(object) },
            obj: &mut object,
            map_cnt: 1,
            map_skel_sz: size_of::<bpf_map_skeleton>() as _,
            maps: &mut maps,
            prog_skel_sz: size_of::<ffi::bpf_prog_skeleton>() as _,
            ..Default::default()
        };
        // SAFETY: everything that the skeleton points to outlives the call; libbpf reads the map's entry and stores one
        // pointer in `variables`. It loads the object as bpf_object__load does, and refuses a second time with EINVAL.
        check(unsafe { ffi::bpf_object__load_skeleton(&mut skeleton) })?;
        let mut size = 0;
        // SAFETY: the map belongs to the loaded object; `size` is valid for writing.
        let start = unsafe { ffi::bpf_map__initial_value(map, &mut size) };
        // The pointer is only counted with: where the arena is not libbpf's own, nothing of libbpf's is behind it.
        Ok(variables.addr().wrapping_sub(start.addr()))
    }
}
