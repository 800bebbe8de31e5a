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

/* The sockets that are bound to the wanted port. */
SEC("iter/udp")
int iter_udp(struct bpf_iter__udp *ctx)
{
	struct sock *sock = (struct sock *)ctx->udp_sk;

	if (sock && BPF_CORE_READ(sock, __sk_common.skc_num) == wanted.value)
		BPF_SEQ_PRINTF(ctx->meta->seq, "udp of %u\n", ctx->uid);
	return 0;
}

SEC("iter/tcp")
int iter_tcp(struct bpf_iter__tcp *ctx)
{
	struct sock_common *sock = ctx->sk_common;

	if (sock && sock->skc_num == wanted.value)
		BPF_SEQ_PRINTF(ctx->meta->seq, "tcp of %u\n", ctx->uid);
	return 0;
}

SEC("iter/bpf_map_elem")
int iter_map_elem(struct bpf_iter__bpf_map_elem *ctx)
{
	__u32 *key = ctx->key;
	__u64 *value = ctx->value;

	if (key && value && *key == wanted.value)
		BPF_SEQ_PRINTF(ctx->meta->seq, "key %u value %llu\n", *key, *value);
	return 0;
}

/* The open files of the wanted process that are as long as the test wants. */
SEC("iter/task_file")
int iter_task_file(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;

	if (task && file && task->pid == wanted.thread && file->f_inode->i_size == wanted.value)
		BPF_SEQ_PRINTF(ctx->meta->seq, "file %u\n", ctx->fd);
	return 0;
}

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4243);
	__type(key, __u32);
	__type(value, __u64);
} listed SEC(".maps");
