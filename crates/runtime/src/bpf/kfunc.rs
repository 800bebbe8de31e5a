//! Kernel functions that programs call beside the helpers: which of them only observe.
//!
//! The kernel registers each function for some program types (6.18: kernel/bpf/helpers.c, cpumask.c, rstat.c,
//! kernel/trace/bpf_trace.c, fs/bpf_fs_kfuncs.c, net/core/filter.c), so a program whose type needed a grant has
//! been granted what its functions do. A program of an observing type may call what is known to observe.

use crate::policy::Grant;

/// A group of functions, by the start of their names.
struct Family {
    prefix: &'static str,
    grant: Option<Grant>,
    reason: &'static str,
}

const fn observes(prefix: &'static str, reason: &'static str) -> Family {
    Family { prefix, grant: None, reason }
}

const fn changes(prefix: &'static str, grant: Grant, reason: &'static str) -> Family {
    Family { prefix, grant: Some(grant), reason }
}

/// The first family that fits decides.
const FAMILIES: [Family; 46] = [
    changes("crash_kexec", Grant::All, "it stops the kernel"),
    changes("bpf_send_signal_task", Grant::Signal, "it sends signals"),
    changes("bpf_task_work_schedule_signal", Grant::Signal, "it interrupts system calls of other processes"),
    changes("bpf_sock_destroy", Grant::Net, "it closes connections of other processes"),
    changes("bpf_set_dentry_xattr", Grant::Lsm, "it changes a file's attributes"),
    changes("bpf_remove_dentry_xattr", Grant::Lsm, "it changes a file's attributes"),
    changes("bpf_set_", Grant::All, "it sets something of the kernel's"),
    changes("bpf_remove_", Grant::All, "it removes something of the kernel's"),
    observes("bpf_arena_", "pages of the program's own arena"),
    observes("bpf_cast_to_kern_ctx", "the program's own context"),
    observes("bpf_cgroup_acquire", "a reference"),
    observes("bpf_cgroup_ancestor", "a reference"),
    observes("bpf_cgroup_from_id", "a reference"),
    observes("bpf_cgroup_read_xattr", "reads an attribute"),
    observes("bpf_cgroup_release", "a reference"),
    observes("bpf_copy_from_user_", "reads a process's memory"),
    observes("bpf_cpumask_", "masks of the program's own"),
    observes("bpf_dynptr_", "bytes of the program's own; packets are read-only for observers"),
    observes("bpf_get_dentry_xattr", "reads an attribute"),
    observes("bpf_get_file_xattr", "reads an attribute"),
    observes("bpf_get_kmem_cache", "a reference"),
    observes("bpf_get_task_exe_file", "a reference"),
    observes("bpf_iter_", "walks numbers, bits, tasks, memory areas, cgroups"),
    observes("bpf_key_put", "a reference"),
    observes("bpf_list_", "lists of the program's own"),
    observes("bpf_local_irq_", "bounded by the verifier"),
    observes("bpf_lookup_system_key", "a reference"),
    observes("bpf_map_sum_elem_count", "reads a count"),
    observes("bpf_obj_", "memory of the program's own"),
    observes("bpf_path_d_path", "reads a path"),
    observes("bpf_percpu_obj_", "memory of the program's own"),
    observes("bpf_preempt_", "bounded by the verifier"),
    observes("bpf_probe_read_", "reads memory"),
    observes("bpf_put_file", "a reference"),
    observes("bpf_rbtree_", "trees of the program's own"),
    observes("bpf_rcu_read_", "bounded by the verifier"),
    observes("bpf_rdonly_cast", "a type"),
    observes("bpf_refcount_acquire_impl", "memory of the program's own"),
    observes("bpf_res_spin_", "locks of the program's own"),
    observes("bpf_session_", "tells entry from return"),
    observes("bpf_str", "reads strings; the program's own output stream"),
    observes("bpf_task_", "references; a callback on a task's way back to user space"),
    observes("bpf_throw", "ends the program itself"),
    observes("bpf_verify_pkcs7_signature", "reads a signature"),
    observes("bpf_wq_", "work queues of the program's own"),
    observes("css_rstat_", "brings counts up to date"),
];

/// The grant, if any, that calling the function needs, with the reason. `name` is empty for a function whose name
/// is not known: a module's, or one of a kernel without BTF. `observer`: the program's type needed no grant.
pub(super) fn grant(name: &str, observer: bool) -> Option<(Grant, &'static str)> {
    match FAMILIES.iter().find(|family| name.starts_with(family.prefix)) {
        // What only starts like something that changes the system is judged by the program's type.
        Some(Family { grant: Some(grant), reason, prefix }) if observer || !prefix.ends_with('_') => {
            Some((*grant, reason))
        }
        Some(_) => None,
        None if observer => Some((Grant::All, "it is not known only to observe")),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn observers_may_call_what_observes() {
        for name in
            ["bpf_task_from_pid", "bpf_iter_num_new", "bpf_strncasestr", "bpf_cpumask_create", "bpf_task_acquire"]
        {
            assert_eq!(grant(name, true), None, "{name}");
        }
        for (name, needed) in [
            ("bpf_send_signal_task", Grant::Signal),
            ("bpf_task_work_schedule_signal_impl", Grant::Signal),
            ("bpf_sock_destroy", Grant::Net),
            ("bpf_set_dentry_xattr", Grant::Lsm),
            ("bpf_set_anything", Grant::All),
            ("scx_bpf_kick_cpu", Grant::All),
            ("", Grant::All),
        ] {
            assert_eq!(grant(name, true).map(|(grant, _)| grant), Some(needed), "{name}");
        }
    }

    #[test]
    fn a_granted_type_brings_its_own_functions_but_no_signals() {
        assert_eq!(grant("bpf_ct_insert_entry", false), None);
        assert_eq!(grant("", false), None);
        assert_eq!(grant("bpf_set_anything", false), None);
        assert_eq!(grant("bpf_send_signal_task", false).map(|(grant, _)| grant), Some(Grant::Signal));
    }

    #[test]
    fn no_family_hides_a_later_one() {
        for (index, family) in FAMILIES.iter().enumerate() {
            let hidden = FAMILIES[..index].iter().find(|earlier| family.prefix.starts_with(earlier.prefix));
            assert!(hidden.is_none(), "{} is never reached", family.prefix);
        }
    }
}
