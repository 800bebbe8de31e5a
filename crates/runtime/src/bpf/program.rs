//! What a program is and calls, as far as the policy asks.

use std::rc::Rc;

use libbpf_sys as ffi;

use super::btf::Btf;
use super::sys::program::RawProgram;
use super::{btf, kfunc, names};
use crate::policy::{Grant, Hook, Item, Need};

pub(crate) use super::sys::program::ProgramField;
pub(crate) use super::sys::test_run::{TestRun, test_run};

/// A call instruction; the source register says whether `imm` is a helper's number.
const CALL: u8 = 0x85;

/// `` program `NAME` (section `SECTION`) ``, for refusals.
pub(crate) fn subject(program: &RawProgram<'_>) -> String {
    format!("program `{}` (section `{}`)", program.name(), program.section())
}

/// What a program's type needs, and its hook, where that is chosen by loading it.
pub(crate) fn kind_needs(program: &RawProgram<'_>) -> impl Iterator<Item = Need> {
    let (kind, attach_type) = (program.kind(), program.expected_attach_type());
    let grant = grant_for_kind(kind, attach_type).map(|(grant, reason)| (grant, reason.to_owned()));
    let need = |item| Need { subject: subject(program), item, grant: grant.clone() };
    let by_type = need(Item::Program(names::program_kind(kind)));
    let by_hook = hook_of_load(program, kind, attach_type).map(|hook| need(Item::Hook(hook)));
    std::iter::once(by_type).chain(by_hook)
}

/// What attaching a program at `hook` needs.
pub(crate) fn hook_need(program: &RawProgram<'_>, hook: Hook) -> Need {
    let grant = grant_for_kind(program.kind(), program.expected_attach_type());
    let grant = grant.map(|(grant, reason)| (grant, reason.to_owned()));
    Need { subject: format!("attaching {} to `{hook}`", subject(program)), item: Item::Hook(hook), grant }
}

/// The hook of a program that is bound to it when it is loaded.
fn hook_of_load(program: &RawProgram<'_>, kind: u32, attach_type: u32) -> Option<Hook> {
    let kind = match (kind, attach_type) {
        (ffi::BPF_PROG_TYPE_TRACING, ffi::BPF_TRACE_RAW_TP) => "tp_btf",
        (ffi::BPF_PROG_TYPE_TRACING, ffi::BPF_TRACE_ITER) => "iter",
        (ffi::BPF_PROG_TYPE_TRACING, ffi::BPF_MODIFY_RETURN) => "fmod_ret",
        (ffi::BPF_PROG_TYPE_TRACING, _) => "fentry",
        (ffi::BPF_PROG_TYPE_LSM, _) => "lsm",
        (ffi::BPF_PROG_TYPE_EXT, _) => "freplace",
        _ => return None,
    };
    let section = program.section();
    let named = section.split_once('/').map(|(_, target)| target.to_owned()).filter(|target| !target.is_empty());
    Some(Hook::new(kind, program.attach_target().or(named).unwrap_or_else(|| "*".into())))
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

/// What the calls of a program need. The program is prepared, so its subprograms are part of its instructions, and
/// its calls have the ids that the kernel will see.
pub(crate) fn call_needs(program: &RawProgram<'_>, names: &mut KernelNames) -> Vec<Need> {
    let instructions = program.instructions().iter();
    let calls = instructions.filter(|instruction| instruction.code == CALL);
    // Another offset means that the id is one of a module's types.
    let mut calls: Vec<(u8, i32, bool)> =
        calls.map(|call| (call.src_reg(), call.imm, call.src_reg() == TO_KERNEL && call.off != 0)).collect();
    calls.sort_unstable();
    calls.dedup();
    let needs = calls.into_iter().filter_map(|(register, number, of_module)| match register {
        0 if is_poison(number) => None,
        0 => Some(helper_need(program, number as u32)),
        TO_KERNEL if of_module => Some(kfunc_need(program, String::new())),
        TO_KERNEL => Some(kfunc_need(program, names.get(number as u32))),
        _ => None,
    });
    needs.collect()
}

/// Whether libbpf put the number there (1.7: libbpf.c, relo_core.c) in place of what the running kernel does not have:
/// the verifier refuses it wherever it can be reached.
fn is_poison(number: i32) -> bool {
    const FIELD: i32 = 0x0bad_2310;
    const SYMBOLS: i32 = 2_001_000_000;
    number == FIELD || number >= SYMBOLS
}

/// What calling a helper needs.
pub(crate) fn helper_need(program: &RawProgram<'_>, number: u32) -> Need {
    let name = names::helper(number);
    let grant = grant_for_helper(number, program.kind()).map(|grant| (grant, format!("it calls the helper {name}")));
    Need { subject: subject(program), item: Item::Helper(name), grant }
}

/// What calling a function of the kernel's needs.
pub(crate) fn kfunc_need(program: &RawProgram<'_>, name: String) -> Need {
    let observer = grant_for_kind(program.kind(), program.expected_attach_type()).is_none();
    let grant = kfunc::grant(&name, observer).map(|(grant, reason)| {
        let shown = if name.is_empty() { "of a module" } else { name.as_str() };
        (grant, format!("it calls the kernel function {shown}: {reason}"))
    });
    Need { subject: subject(program), item: Item::Kfunc(name), grant }
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

/// The grant that a helper needs in a program of type `kind`.
fn grant_for_helper(helper: u32, kind: u32) -> Option<Grant> {
    match helper {
        // Iterators over sockets may call it.
        ffi::BPF_FUNC_setsockopt if kind == ffi::BPF_PROG_TYPE_TRACING => Some(Grant::Net),
        ffi::BPF_FUNC_probe_write_user => Some(Grant::WriteUser),
        ffi::BPF_FUNC_override_return => Some(Grant::Override),
        ffi::BPF_FUNC_send_signal | ffi::BPF_FUNC_send_signal_thread => Some(Grant::Signal),
        _ => None,
    }
}
