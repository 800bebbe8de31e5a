/* Prints a line for the process that asks. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct task_struct {
	int pid;
	int tgid;
} __attribute__((preserve_access_index));

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
} __attribute__((preserve_access_index));

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} __attribute__((preserve_access_index));

const volatile int target_pid = 0;
static const char format[] = "process %d\n";

SEC("iter/task")
int print_task(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	unsigned long long pid;

	if (!task || task->pid != target_pid)
		return 0;
	pid = task->pid;
	bpf_seq_printf(ctx->meta->seq, format, sizeof(format), &pid, sizeof(pid));
	return 0;
}
