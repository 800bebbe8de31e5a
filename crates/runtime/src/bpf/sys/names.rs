//! libbpf's names of the kernel's numbers.

use super::text;

/// The name of a program type (`enum bpf_prog_type`). `None` for a number that libbpf does not know.
pub(crate) fn program_kind(kind: u32) -> Option<String> {
    // SAFETY: libbpf checks the number; the result is NULL or a string constant.
    known(unsafe { text(libbpf_sys::libbpf_bpf_prog_type_str(kind)) })
}

/// The name of a map type (`enum bpf_map_type`). `None` for a number that libbpf does not know.
pub(crate) fn map_kind(kind: u32) -> Option<String> {
    // SAFETY: libbpf checks the number; the result is NULL or a string constant.
    known(unsafe { text(libbpf_sys::libbpf_bpf_map_type_str(kind)) })
}

fn known(text: String) -> Option<String> {
    if text.is_empty() { None } else { Some(text) }
}
