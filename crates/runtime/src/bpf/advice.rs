//! What to do about an error number, said where the operation is known.

use std::path::Path;

use rustix::io::Errno;

use crate::error::Error;

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

fn advice(errno: Errno, operation: Operation) -> Option<String> {
    let advice = match (errno, operation) {
        (Errno::PERM, _) if !rustix::process::geteuid().is_root() => {
            "run it with sudo, or give the binary CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN".into()
        }
        (Errno::PERM, Operation::Attach) => {
            "the kernel refuses this hook even to root: look at /sys/kernel/security/lockdown, \
            /proc/sys/kernel/perf_event_paranoid and the kernel's log"
                .into()
        }
        (Errno::PERM, _) => {
            "the process is root but lacks CAP_BPF or CAP_SYS_ADMIN (a container?), or the kernel is locked down \
            (/sys/kernel/security/lockdown)"
                .into()
        }
        (Errno::NOENT, Operation::Attach) if !has_tracefs() => {
            "tracefs is not mounted: mount -t tracefs tracefs /sys/kernel/tracing".into()
        }
        (Errno::NOENT, Operation::Attach) => {
            "this kernel has no such hook; its tracepoints are listed in /sys/kernel/tracing/events, its \
            functions in /proc/kallsyms"
                .into()
        }
        (_, Operation::Load) if !Path::new("/sys/kernel/btf/vmlinux").exists() => {
            "this kernel has no BTF (/sys/kernel/btf/vmlinux, CONFIG_DEBUG_INFO_BTF=y), which CO-RE needs".into()
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

fn has_tracefs() -> bool {
    ["/sys/kernel/tracing/events", "/sys/kernel/debug/tracing/events"].iter().any(|path| Path::new(path).exists())
}
