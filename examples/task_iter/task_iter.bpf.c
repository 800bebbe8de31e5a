// Is called once for each task of the system, when the guest reads: no procfs, no races with its directories.
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "task_iter.h"

char LICENSE[] SEC("license") = "GPL";

// Set by the guest before load: this process only; 0 for all.
const volatile pid_t only_pid = 0;

// The state of a task was renamed in kernel 5.14.
struct task_struct___old {
	volatile long state;
} __attribute__((preserve_access_index));

static u32 state_of(struct task_struct *task)
{
	if (bpf_core_field_exists(task->__state))
		return BPF_CORE_READ(task, __state);
	return BPF_CORE_READ((struct task_struct___old *)task, state);
}

SEC("iter/task")
int on_task(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct task record = {};

	// The last call, after all tasks, has none.
	if (!task || (only_pid && task->tgid != only_pid))
		return 0;
	record.pid = task->tgid;
	record.tid = task->pid;
	record.ppid = task->real_parent->tgid;
	record.state = state_of(task) | task->exit_state;
	record.cpu_ns = task->se.sum_exec_runtime;
	bpf_probe_read_kernel_str(record.comm, sizeof(record.comm), task->comm);
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}
