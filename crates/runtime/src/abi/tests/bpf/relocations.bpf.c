/* Every kind of CO-RE relocation that a part of the kernel's types is enough for. */
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

/* Other versions of the kernel's types: other places, other sizes, members that do not exist. */
struct task_struct___old {
	long state;
	__u64 pid;
	char comm[8];
	struct {
		struct mm_struct *mm;
	};
} __attribute__((preserve_access_index));

struct sock_common___short {
	__u64 skc_family;
	unsigned char skc_state;
	struct net___other {
		int no_such_member;
	} *skc_net;
} __attribute__((preserve_access_index));

enum bpf_func_id___other {
	BPF_FUNC_no_such_helper___other,
	BPF_FUNC_ringbuf_output___other,
};

__u64 total;

static __noinline void offsets(struct task_struct *task, struct sock *sock)
{
	struct bpf_prog_array *array = (void *)task;

	total += BPF_CORE_READ(task, mm, exe_file, f_path.dentry, d_inode, i_ino);
	total += BPF_CORE_READ(task, nsproxy, uts_ns, name.nodename[3]);
	total += BPF_CORE_READ(task, signal, rlim[3].rlim_max) + BPF_CORE_READ(task, thread_pid, numbers[0].nr);
	/* An array without an end, and one within unions without names. */
	total += (long)BPF_CORE_READ(array, items[2].prog);
	total += BPF_CORE_READ(sock, __sk_common.skc_dport) + BPF_CORE_READ(sock, __sk_common.skc_v6_daddr.in6_u.u6_addr8[3]);
	total += bpf_core_field_offset(struct sock, __sk_common.skc_daddr);
}

static __noinline void bits(struct task_struct *task, struct sock *sock)
{
	total += BPF_CORE_READ_BITFIELD_PROBED(task, in_execve) + BPF_CORE_READ_BITFIELD_PROBED(task, sched_reset_on_fork);
	total += BPF_CORE_READ_BITFIELD_PROBED(sock, __sk_common.skc_reuse) + BPF_CORE_READ_BITFIELD_PROBED(sock, sk_type);
	total += BPF_CORE_READ_BITFIELD_PROBED(sock, sk_err);
}

static __noinline void sizes(struct task_struct *task)
{
	struct sock_common___short *common = (void *)task;
	struct task_struct___old *old = (void *)task;

	total += bpf_core_field_size(task->comm) + bpf_core_field_size(old->comm) + bpf_core_field_size(task->se);
	total += bpf_core_field_size(task->pid) + bpf_core_field_size(old->mm);
	total += BPF_CORE_READ(common, skc_family) + BPF_CORE_READ(old, pid) + BPF_CORE_READ(old, mm, total_vm);
}

static __noinline void existence(struct task_struct *task)
{
	struct sock_common___short *common = (void *)task;
	struct task_struct___old *old = (void *)task;

	if (bpf_core_field_exists(old->state))
		total += BPF_CORE_READ(old, state);
	if (bpf_core_field_exists(common->skc_net->no_such_member))
		total += BPF_CORE_READ(common, skc_net, no_such_member);
	total += bpf_core_field_exists(task->mm->pgd) + bpf_core_field_exists(old->comm[7]);
	total += bpf_core_field_exists(struct sock_common___short, skc_state);
}

static __noinline void types(void)
{
	total += bpf_core_type_exists(struct task_struct___old) + bpf_core_type_exists(union bpf_attr);
	/* Compared with what they point to. */
	total += bpf_core_type_exists(btf_trace_sched_switch) + bpf_core_type_exists(work_func_t);
	total += bpf_core_type_exists(pid_t) + bpf_core_type_exists(enum pid_type) + bpf_core_type_exists(sockptr_t);
	total += bpf_core_type_size(struct sock) + bpf_core_type_size(struct sock_common___short);
	total += bpf_core_type_size(pid_t) + bpf_core_type_size(atomic64_t) + bpf_core_type_size(enum pid_type);
	total += bpf_core_type_size(kernel_cap_t) + bpf_core_type_id_local(struct task_struct___old);
}

static __noinline void values(void)
{
	total += bpf_core_enum_value(enum bpf_func_id, BPF_FUNC_ringbuf_output) + bpf_core_enum_value(enum pid_type, PIDTYPE_SID);
	if (bpf_core_enum_value_exists(enum bpf_func_id___other, BPF_FUNC_ringbuf_output___other))
		total += bpf_core_enum_value(enum bpf_func_id___other, BPF_FUNC_ringbuf_output___other);
	total += bpf_core_enum_value_exists(enum bpf_func_id___other, BPF_FUNC_no_such_helper___other);
	total += bpf_core_enum_value(enum perf_event_sample_format, PERF_SAMPLE_BRANCH_STACK);
}

SEC("tp/sched/sched_process_exec")
int on_exec(struct trace_event_raw_sched_process_exec *context)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	total += context->__data_loc_filename + context->pid;
	offsets(task, (void *)task);
	bits(task, (void *)task);
	sizes(task);
	existence(task);
	types();
	values();
	return 0;
}

SEC("tp/raw_syscalls/sys_enter")
int on_enter(struct trace_event_raw_sys_enter *context)
{
	total += context->args[2] + context->id;
	return 0;
}
