/* Programs that run when the guest says so. */
#include "kinds.bpf.h"

/* What freplace.bpf.c takes the place of: a function of its own, which the compiler may not look into. */
__attribute__((noinline)) int answer(int question)
{
	volatile int same = question;

	return same;
}

SEC("xdp")
int asks(struct xdp_md *ctx)
{
	return answer(wanted.value);
}

SEC("syscall")
int on_syscall(int *ctx)
{
	hit(*ctx);
	*ctx += wanted.value;
	return 7;
}

/* Prints one line for the wanted process. */
SEC("iter/task")
int iter_task(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	if (task && task->pid == wanted.thread)
		BPF_SEQ_PRINTF(ctx->meta->seq, "task %d\n", task->pid);
	return 0;
}

SEC("iter.s/task")
int iter_task_s(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	if (task && task->pid == wanted.thread)
		BPF_SEQ_PRINTF(ctx->meta->seq, "task %d\n", task->pid);
	return 0;
}

SEC("iter/bpf_map")
int iter_map(struct bpf_iter__bpf_map *ctx)
{
	struct bpf_map *map = ctx->map;

	if (map && map->max_entries == wanted.value)
		BPF_SEQ_PRINTF(ctx->meta->seq, "map %s\n", map->name);
	return 0;
}

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4243);
	__type(key, __u32);
	__type(value, __u64);
} listed SEC(".maps");
