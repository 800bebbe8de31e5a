//! struct_ops maps: their initial value is a struct of the kernel's, whose functions are programs.
//!
//! libbpf keeps the programs' addresses in it (`bpf_map__initial_value`). Those are no business of a guest's, which
//! gets and gives numbers instead: 1 + the program's place in its object, 0 for none.

use std::ptr::NonNull;

use libbpf_sys::{self as ffi, bpf_program, btf, btf_member, btf_type};
use rustix::io::Errno;

/// The size of an address on the BPF side.
const SLOT: usize = 8;
/// Names and qualifiers that a type may hide behind; BTF may be a stranger's.
const MAX_CHAIN: usize = 32;

/// The initial value of a struct_ops map.
pub(super) struct StructOps {
    /// Its bytes, which libbpf forgets while loading.
    pub(super) size: usize,
    /// Where in it functions are.
    pub(super) members: Vec<u32>,
}

impl StructOps {
    /// The value with numbers in place of programs' addresses.
    pub(super) fn numbered(&self, mut value: Vec<u8>, programs: &[NonNull<bpf_program>]) -> Vec<u8> {
        for slot in self.slots(&mut value) {
            let address = u64::from_ne_bytes(*slot);
            let place = programs.iter().position(|program| program.as_ptr() as u64 == address);
            *slot = place.map_or(0, |place| place as u64 + 1).to_le_bytes();
        }
        value
    }

    /// The value with programs' addresses in place of numbers. EINVAL for a number that no program has.
    pub(super) fn addressed(&self, mut value: Vec<u8>, programs: &[NonNull<bpf_program>]) -> Result<Vec<u8>, Errno> {
        for slot in self.slots(&mut value) {
            let number = u64::from_le_bytes(*slot);
            let address = match number.checked_sub(1) {
                None => 0,
                Some(place) => programs.get(place as usize).ok_or(Errno::INVAL)?.as_ptr() as u64,
            };
            *slot = address.to_ne_bytes();
        }
        Ok(value)
    }

    fn slots<'v>(&self, value: &'v mut [u8]) -> impl Iterator<Item = &'v mut [u8; SLOT]> {
        let mut offsets: Vec<usize> = self.members.iter().map(|offset| *offset as usize).collect();
        offsets.sort_unstable();
        let mut rest = Some((0, value));
        offsets.into_iter().filter_map(move |offset| {
            let (start, bytes) = rest.take()?;
            // Members do not overlap; where a stranger's BTF says so, the later one is left alone.
            let Some(skip) = offset.checked_sub(start).filter(|skip| skip + SLOT <= bytes.len()) else {
                rest = Some((start, bytes));
                return None;
            };
            let (slot, after) = bytes[skip..].split_first_chunk_mut()?;
            rest = Some((offset + SLOT, after));
            Some(slot)
        })
    }
}

/// Where functions are in a struct type.
///
/// # Safety
/// `types` are alive, and nobody changes them during the call.
pub(super) unsafe fn program_members(types: *const btf, id: u32) -> Vec<u32> {
    // SAFETY: the types are alive; libbpf checks the id, and that a struct's members are there when it reads the types.
    unsafe {
        let Some(record) = ffi::btf__type_by_id(types, id).as_ref() else { return Vec::new() };
        if kind(record) != ffi::BTF_KIND_STRUCT {
            return Vec::new();
        }
        let members = std::ptr::from_ref(record).add(1).cast::<btf_member>();
        let has_bit_fields = record.info >> 31 != 0;
        (0..(record.info & 0xffff) as usize)
            .map(|index| *members.add(index))
            .filter(|member| !(has_bit_fields && member.offset >> 24 != 0) && is_function_pointer(types, member.type_))
            .map(|member| member.offset / 8)
            .collect()
    }
}

/// # Safety
/// As for [`program_members`].
unsafe fn is_function_pointer(types: *const btf, id: u32) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        let pointer = resolved(types, id).filter(|pointer| kind(pointer) == ffi::BTF_KIND_PTR);
        let target = pointer.and_then(|pointer| resolved(types, pointer.__bindgen_anon_1.type_));
        target.is_some_and(|target| kind(target) == ffi::BTF_KIND_FUNC_PROTO)
    }
}

/// The type behind names and qualifiers.
///
/// # Safety
/// As for [`program_members`]; the reference is good as long as the types are.
unsafe fn resolved<'t>(types: *const btf, mut id: u32) -> Option<&'t btf_type> {
    for _ in 0..MAX_CHAIN {
        // SAFETY: as the caller says; libbpf checks the id. These kinds have a type in their union.
        unsafe {
            let found = ffi::btf__type_by_id(types, id).as_ref()?;
            match kind(found) {
                ffi::BTF_KIND_TYPEDEF
                | ffi::BTF_KIND_CONST
                | ffi::BTF_KIND_VOLATILE
                | ffi::BTF_KIND_RESTRICT
                | ffi::BTF_KIND_TYPE_TAG => id = found.__bindgen_anon_1.type_,
                _ => return Some(found),
            }
        }
    }
    None
}

fn kind(ty: &btf_type) -> u32 {
    ty.info >> 24 & 0x1f
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_for_programs_and_nothing_else_changes() {
        let places = [NonNull::<bpf_program>::dangling(), NonNull::new(0x7000 as *mut bpf_program).unwrap()];
        // Two members overlap, one is outside: they are left alone.
        let ops = StructOps { size: 32, members: vec![16, 0, 4, 28] };
        let mut value = vec![7; 32];
        value[16..24].copy_from_slice(&2u64.to_le_bytes());
        value[..8].fill(0);
        let addressed = ops.addressed(value.clone(), &places).unwrap();
        assert_eq!(addressed[16..24], 0x7000u64.to_ne_bytes());
        assert_eq!((&addressed[..16], &addressed[24..]), (&value[..16], &value[24..]));
        assert_eq!(ops.numbered(addressed, &places), value);
        value[16..24].copy_from_slice(&3u64.to_le_bytes());
        assert_eq!(ops.addressed(value, &places), Err(Errno::INVAL));
    }
}
