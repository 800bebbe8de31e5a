/* Calls of the kernel's functions: one that observes, one that does not. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct task_struct *bpf_task_from_pid(s32 pid) __ksym __weak;
void bpf_task_release(struct task_struct *task) __ksym __weak;
int bpf_send_signal_task(struct task_struct *task, int signal, enum pid_type type, __u64 value) __ksym __weak;

SEC("?tp_btf/task_newtask")
int looks(void *ctx)
{
	struct task_struct *task = bpf_task_from_pid(1);

	if (task)
		bpf_task_release(task);
	return 0;
}

static __noinline int deep(void)
{
	struct task_struct *task = bpf_task_from_pid(1);

	if (!task)
		return 1;
	bpf_send_signal_task(task, 0, PIDTYPE_PID, 0);
	bpf_task_release(task);
	return 0;
}

SEC("?tp_btf/task_newtask")
int signals(void *ctx)
{
	return deep();
}

SEC("?iter/tcp")
int sets(struct bpf_iter__tcp *ctx)
{
	int value = 0;

	if (ctx->sk_common)
		bpf_setsockopt(ctx->sk_common, 1, 15, &value, sizeof(value));
	return 0;
}
