//! What a program is and calls, as far as the policy asks.

use std::rc::Rc;

use libbpf_sys as ffi;

use super::btf::Btf;
use super::sys::program::RawProgram;
use super::{btf, kfunc};
use crate::error::Result;
use crate::policy::{Grant, Policy};

pub(crate) use super::sys::program::ProgramField;
pub(crate) use super::sys::test_run::{TestRun, test_run};

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

/// The source register of a call to one of the kernel's own functions, whose BTF id is in `imm`.
const TO_KERNEL: u8 = 2;

/// The names of kernel functions, read when the first one is asked for.
#[derive(Default)]
pub(crate) struct KernelNames(Option<Rc<Btf>>);

impl KernelNames {
    /// The name of the function with this BTF id; empty where it is not known.
    fn get(&mut self, id: u32) -> String {
        if self.0.is_none() {
            self.0 = btf::vmlinux().ok();
        }
        self.0.as_ref().map_or_else(String::new, |types| types.name(id))
    }
}

/// Refuses a program that calls a helper or kernel function which changes the system's behaviour, unless that was
/// granted. The program is prepared, so its subprograms are part of its instructions, and its calls have the ids
/// that the kernel will see.
pub(crate) fn check_calls(program: &RawProgram<'_>, policy: &Policy, names: &mut KernelNames) -> Result<()> {
    let kind = program.kind();
    let observer = grant_for_kind(kind, program.expected_attach_type()).is_none();
    for instruction in program.instructions().iter().filter(|instruction| instruction.code == CALL) {
        let (needed, called) = match instruction.src_reg() {
            0 => match grant_for_helper(instruction.imm as u32, kind) {
                Some((grant, helper)) => (Some((grant, "")), format!("it calls the helper {helper}")),
                None => continue,
            },
            TO_KERNEL => {
                // Another offset means that the id is one of a module's types.
                let name = if instruction.off == 0 { names.get(instruction.imm as u32) } else { String::new() };
                let needed = kfunc::grant(&name, observer);
                let shown = if name.is_empty() { "of a module" } else { name.as_str() };
                (needed, format!("it calls the kernel function {shown}"))
            }
            _ => continue,
        };
        if let Some((grant, reason)) = needed {
            let subject = format!("program `{}` (section `{}`)", program.name(), program.section());
            let reason = if reason.is_empty() { called } else { format!("{called}: {reason}") };
            policy.require(grant, &subject, &reason)?;
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

/// The grant that a helper needs in a program of type `kind`, with the helper's name.
fn grant_for_helper(helper: u32, kind: u32) -> Option<(Grant, &'static str)> {
    match helper {
        // Iterators over sockets may call it.
        ffi::BPF_FUNC_setsockopt if kind == ffi::BPF_PROG_TYPE_TRACING => Some((Grant::Net, "bpf_setsockopt")),
        ffi::BPF_FUNC_probe_write_user => Some((Grant::WriteUser, "bpf_probe_write_user")),
        ffi::BPF_FUNC_override_return => Some((Grant::Override, "bpf_override_return")),
        ffi::BPF_FUNC_send_signal => Some((Grant::Signal, "bpf_send_signal")),
        ffi::BPF_FUNC_send_signal_thread => Some((Grant::Signal, "bpf_send_signal_thread")),
        _ => None,
    }
}
