//! v1: what the running kernel can do.

use rustix::io::Errno;
use wasmtime::Caller;

use super::answer;
use super::table::{Import, add};
use crate::bpf::probe;
use crate::state::State;

pub(super) const IMPORTS: &[Import] = &[
    Import {
        name: "probe_program_type",
        parameters: "type",
        text: "Whether programs of this type (enum bpf_prog_type) can be loaded: 1 or 0; -EINVAL for no type.",
        since: "0.1",
        add: add!(program_type(_)),
    },
    Import {
        name: "probe_map_type",
        parameters: "type",
        text: "Whether maps of this type (enum bpf_map_type) can be created: 1 or 0; -EINVAL for no type, -EOPNOTSUPP for one that cannot be tried.",
        since: "0.1",
        add: add!(map_type(_)),
    },
    Import {
        name: "probe_helper",
        parameters: "program_type, helper",
        text: "Whether programs of this type may call this helper (enum bpf_func_id): 1 or 0; -EOPNOTSUPP for types that cannot be tried.",
        since: "0.1",
        add: add!(helper(_, _)),
    },
];

fn program_type(caller: Caller<'_, State>, kind: u32) -> wasmtime::Result<i32> {
    tried(caller, "probe_program_type", || probe::program_type(kind))
}

fn map_type(caller: Caller<'_, State>, kind: u32) -> wasmtime::Result<i32> {
    tried(caller, "probe_map_type", || probe::map_type(kind))
}

fn helper(caller: Caller<'_, State>, kind: u32, helper: u32) -> wasmtime::Result<i32> {
    tried(caller, "probe_helper", || probe::helper(kind, helper))
}

/// Runs a probe; what libbpf says meanwhile is kept for the guest.
fn tried(
    caller: Caller<'_, State>,
    import: &str,
    probe: impl FnOnce() -> Result<bool, Errno>,
) -> wasmtime::Result<i32> {
    answer(caller, import, |call| {
        let (found, _) = call.state().bpf.log.during(probe);
        Ok(i32::from(found?))
    })
}
