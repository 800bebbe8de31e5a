//! What a program is and calls, as far as the policy asks.

use libbpf_sys as ffi;

use super::sys::program::RawProgram;
use crate::error::Result;
use crate::policy::{Grant, Policy};

pub(crate) use super::sys::program::ProgramField;

/// A call instruction; the source register says whether `imm` is a helper's number.
const CALL: u8 = 0x85;

/// Refuses a program whose type can change the system's behaviour, unless that was granted.
pub(crate) fn check_kind(program: &RawProgram<'_>, policy: &Policy) -> Result<()> {
    let Some((grant, reason)) = grant_for_kind(program.kind(), program.expected_attach_type()) else {
        return Ok(());
    };
    let subject = format!("program `{}` (section `{}`)", program.name(), program.section());
    policy.require(grant, &subject, reason)
}

/// Refuses a program that calls a helper which changes the system's behaviour, unless that was granted. The
/// program is prepared, so its subprograms are part of its instructions.
pub(crate) fn check_calls(program: &RawProgram<'_>, policy: &Policy) -> Result<()> {
    for instruction in program.instructions() {
        if instruction.code != CALL || instruction.src_reg() != 0 {
            continue;
        }
        if let Some((grant, helper)) = grant_for_helper(instruction.imm as u32) {
            let subject = format!("program `{}` (section `{}`)", program.name(), program.section());
            policy.require(grant, &subject, &format!("it calls the helper {helper}"))?;
        }
    }
    Ok(())
}

/// The grant that a program type needs, with the reason. `None`: it only observes.
fn grant_for_kind(kind: u32, attach_type: u32) -> Option<(Grant, &'static str)> {
    let needs = match kind {
        ffi::BPF_PROG_TYPE_KPROBE
        | ffi::BPF_PROG_TYPE_TRACEPOINT
        | ffi::BPF_PROG_TYPE_PERF_EVENT
        | ffi::BPF_PROG_TYPE_RAW_TRACEPOINT
        | ffi::BPF_PROG_TYPE_SOCKET_FILTER => return None,
        ffi::BPF_PROG_TYPE_TRACING if attach_type == ffi::BPF_MODIFY_RETURN => {
            (Grant::Override, "it can replace the result of a kernel function")
        }
        ffi::BPF_PROG_TYPE_TRACING => return None,
        ffi::BPF_PROG_TYPE_XDP
        | ffi::BPF_PROG_TYPE_SCHED_CLS
        | ffi::BPF_PROG_TYPE_SCHED_ACT
        | ffi::BPF_PROG_TYPE_SOCK_OPS
        | ffi::BPF_PROG_TYPE_SK_SKB
        | ffi::BPF_PROG_TYPE_SK_MSG
        | ffi::BPF_PROG_TYPE_SK_LOOKUP
        | ffi::BPF_PROG_TYPE_SK_REUSEPORT
        | ffi::BPF_PROG_TYPE_FLOW_DISSECTOR
        | ffi::BPF_PROG_TYPE_LWT_IN
        | ffi::BPF_PROG_TYPE_LWT_OUT
        | ffi::BPF_PROG_TYPE_LWT_XMIT
        | ffi::BPF_PROG_TYPE_LWT_SEG6LOCAL
        | ffi::BPF_PROG_TYPE_NETFILTER => (Grant::Net, "it can change or drop network traffic"),
        ffi::BPF_PROG_TYPE_CGROUP_SKB
        | ffi::BPF_PROG_TYPE_CGROUP_SOCK
        | ffi::BPF_PROG_TYPE_CGROUP_DEVICE
        | ffi::BPF_PROG_TYPE_CGROUP_SOCK_ADDR
        | ffi::BPF_PROG_TYPE_CGROUP_SYSCTL
        | ffi::BPF_PROG_TYPE_CGROUP_SOCKOPT => (Grant::Cgroup, "it can decide what a cgroup's processes may do"),
        ffi::BPF_PROG_TYPE_LSM => (Grant::Lsm, "it can allow or deny what processes do"),
        ffi::BPF_PROG_TYPE_STRUCT_OPS => (Grant::StructOps, "it implements a part of the kernel"),
        _ => (Grant::All, "a program of its type can undo any other rule"),
    };
    Some(needs)
}

/// The grant that a helper needs, with the helper's name.
fn grant_for_helper(helper: u32) -> Option<(Grant, &'static str)> {
    match helper {
        ffi::BPF_FUNC_probe_write_user => Some((Grant::WriteUser, "bpf_probe_write_user")),
        ffi::BPF_FUNC_override_return => Some((Grant::Override, "bpf_override_return")),
        ffi::BPF_FUNC_send_signal => Some((Grant::Signal, "bpf_send_signal")),
        ffi::BPF_FUNC_send_signal_thread => Some((Grant::Signal, "bpf_send_signal_thread")),
        _ => None,
    }
}
