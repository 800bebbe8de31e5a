#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* Older and newer kernels' versions of the same types. */
struct task_struct___old {
	long state;
	unsigned int pid;
} __attribute__((preserve_access_index));

struct task_struct___named {
	char comm[16];
	struct {
		struct sched_info sched_info;
	};
} __attribute__((preserve_access_index));

struct no_such_type {
	int member;
} __attribute__((preserve_access_index));

enum bpf_func_id___other {
	BPF_FUNC_no_such_helper___other,
	BPF_FUNC_ringbuf_output___other,
};

struct event {
	u64 sum;
	enum pid_type kind;
	char text[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

const volatile struct event template = { .sum = 1, .text = "x" };
u64 total;

static __noinline u64 pointers(struct task_struct *task)
{
	u64 sum = BPF_CORE_READ(task, mm, exe_file, f_path.dentry, d_inode, i_ino);

	sum += BPF_CORE_READ(task, group_leader, real_parent, tgid);
	sum += BPF_CORE_READ(task, nsproxy, uts_ns, name.nodename[3]);
	sum += BPF_CORE_READ(task, signal, rlim[3].rlim_max);
	sum += BPF_CORE_READ(task, thread_pid, numbers[0].nr);
	return sum;
}

static __noinline u64 existence(struct task_struct *task)
{
	struct task_struct___old *old = (void *)task;
	u64 sum = 0;

	if (bpf_core_field_exists(old->state))
		sum += BPF_CORE_READ(old, state);
	sum += bpf_core_field_exists(task->mm->pgd) + bpf_core_field_exists(struct no_such_type, member);
	sum += bpf_core_field_size(task->comm) + bpf_core_field_size(((struct task_struct___named *)0)->sched_info);
	sum += bpf_core_type_exists(struct no_such_type) + bpf_core_type_exists(struct io_uring_params);
	sum += bpf_core_type_exists(btf_trace_sched_switch) + bpf_core_type_size(struct sock);
	sum += bpf_core_type_id_kernel(struct file) + bpf_core_field_offset(struct sock, __sk_common.skc_daddr);
#if __has_builtin(__builtin_preserve_type_info)
	sum += __builtin_preserve_type_info(*(typeof(struct path) *)0, 2);
	sum += __builtin_preserve_type_info(*(typeof(enum pid_type) *)0, 2);
#endif
	return sum;
}

static __noinline u64 values(void)
{
	u64 sum = bpf_core_enum_value(enum bpf_func_id, BPF_FUNC_ringbuf_output);

	if (bpf_core_enum_value_exists(enum bpf_func_id___other, BPF_FUNC_ringbuf_output___other))
		sum += bpf_core_enum_value(enum bpf_func_id___other, BPF_FUNC_ringbuf_output___other);
	sum += bpf_core_enum_value_exists(enum bpf_func_id___other, BPF_FUNC_no_such_helper___other);
	return sum + bpf_core_enum_value(enum pid_type, PIDTYPE_SID);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event)
		return 0;
	*event = template;
	event->kind = PIDTYPE_TGID;
	/* Plain loads: the verifier checks them against the kernel's types. */
	event->sum = prev->pid + next->se.vruntime + prev->mm->total_vm;
	event->sum += BPF_CORE_READ_BITFIELD(prev, in_execve) + BPF_CORE_READ_BITFIELD_PROBED(next, sched_reset_on_fork);
	event->sum += pointers(prev) + existence(next) + values();
	bpf_probe_read_kernel_str(event->text, sizeof(event->text), next->comm);
	total += event->sum;
	bpf_ringbuf_submit(event, 0);
	return 0;
}

SEC("raw_tp/sys_enter")
int BPF_PROG(on_enter, void *registers, long number)
{
	total += bpf_core_type_size(struct pt_regs) + number;
	return 0;
}

SEC("tp/sched/sched_process_exec")
int on_exec(struct trace_event_raw_sched_process_exec *context)
{
	struct sock *sock = (void *)context;

	total += context->__data_loc_filename + context->pid;
	/* Through two anonymous unions and a struct. */
	total += BPF_CORE_READ(sock, __sk_common.skc_dport) + BPF_CORE_READ(sock, __sk_common.skc_v6_daddr.in6_u.u6_addr8[3]);
	return 0;
}

SEC("iter/task")
int each_task(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;

	if (task)
		total += task->tgid + context->meta->seq_num;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
