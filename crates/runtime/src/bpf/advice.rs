//! What to do about an error number, said where the operation is known.

use std::path::Path;

use rustix::io::Errno;

use crate::error::Error;
use crate::privilege::{self, after_attach};

/// Where to look further.
const DOCTOR: &str = "`wasm-bpf doctor` says what this kernel and this process can do";

/// An operation of the kernel's that fails for reasons a person can mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Load,
    Attach,
    Map,
}

/// Completes `error` with advice for its number.
pub(crate) fn advise(error: Error, operation: Operation) -> Error {
    match advice(error.errno(), operation) {
        Some(advice) => error.advise(advice),
        None => error,
    }
}

/// Whether advice is about what the machine or the process lacks, so that who runs the guest should see it.
pub(crate) fn concerns_machine(error: &Error) -> bool {
    error.advice().is_some_and(|advice| advice.contains(DOCTOR))
}

fn advice(errno: Errno, operation: Operation) -> Option<String> {
    let lacking = privilege::missing_at_start();
    let advice = match (errno, operation) {
        (Errno::PERM | Errno::ACCESS, _) if privilege::is_given_up() => after_attach::ADVICE.into(),
        (Errno::PERM | Errno::ACCESS, _) if !lacking.is_empty() => {
            let lacking = lacking.join(", ");
            format!("this process lacks {lacking}: run it with sudo, or give them to it; {DOCTOR}")
        }
        (Errno::PERM, Operation::Attach) => {
            format!(
                "the kernel refuses this hook whatever the process may do: look at /sys/kernel/security/lockdown, \
                /proc/sys/kernel/perf_event_paranoid and the kernel's log; {DOCTOR}"
            )
        }
        (Errno::PERM, _) => {
            let network = if privilege::gave_up_network() {
                "it concerns the network, for which `--allow net` keeps CAP_NET_ADMIN, or the process"
            } else {
                "the process has the capabilities, but"
            };
            format!(
                "{network} is inside of a user namespace (a container? `--bpf-token` if rights are delegated to it), or the \
                kernel is locked down (/sys/kernel/security/lockdown) or forbids such programs; {DOCTOR}"
            )
        }
        (Errno::NOENT, Operation::Attach) if !has_tracefs() => {
            format!("tracefs is not mounted: mount -t tracefs tracefs /sys/kernel/tracing; {DOCTOR}")
        }
        // The guest may have misnamed a file or a function: the machine lacks nothing.
        (Errno::NOENT, Operation::Attach) => {
            "there is no such hook: the kernel's tracepoints are listed in /sys/kernel/tracing/events, its functions in \
            /proc/kallsyms, and a program's functions by `nm`"
                .into()
        }
        (Errno::SRCH, Operation::Load) => {
            "the kernel's BTF lacks a type or function that the object refers to: the hook does not exist on \
            this kernel"
                .into()
        }
        (Errno::TOOBIG, Operation::Load) => "a program is too large or too complex for the verifier".into(),
        (Errno::INVAL, Operation::Load) => {
            "this kernel does not know a feature that the object uses; --verbose shows libbpf's log".into()
        }
        (Errno::NOMEM, _) => {
            "the kernel has no memory for it: lower a map's max_entries, or raise the memory limit".into()
        }
        (Errno::BUSY, Operation::Attach) => "another program is attached there already".into(),
        (Errno::OPNOTSUPP, Operation::Attach) => {
            "its section does not say where to attach it, or this kernel lacks the hook".into()
        }
        (Errno::EXIST, Operation::Map) => "the key exists already".into(),
        _ => return None,
    };
    Some(advice)
}

/// What to do where the kernel (of this release) shows no types, and whether others were given; `others` are the kernels
/// whose types the module has.
pub(crate) fn without_types(given: bool, release: &str, others: &[String]) -> String {
    if given {
        return "programs that attach by the kernel's types (fentry, tp_btf, LSM, iterators, struct_ops) need those that the \
            kernel shows itself (/sys/kernel/btf/vmlinux, CONFIG_DEBUG_INFO_BTF=y)"
            .into();
    }
    let module = match others {
        [] => String::new(),
        others => format!("the module has types for {}, not for {release}; ", others.join(", ")),
    };
    format!(
        "this kernel shows no BTF (/sys/kernel/btf/vmlinux, CONFIG_DEBUG_INFO_BTF=y), which CO-RE needs: {module}name a \
        file with the types of {release} with `--btf FILE`, or put them into the module with `wasm-bpf gen min-btf`; {DOCTOR}"
    )
}

fn has_tracefs() -> bool {
    ["/sys/kernel/tracing/events", "/sys/kernel/debug/tracing/events"].iter().any(|path| Path::new(path).exists())
}
