/* Programs that observe: one for each way to attach that tests take. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/usdt.bpf.h>

char LICENSE[] SEC("license") = "GPL";

/* All of .bss, so that its layout is known. */
struct {
	__u64 pid; /* of the process that counts, set by the test */
	__u64 hits;
	__u64 cookie;
	long argument;
} seen = {};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} numbers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} samples SEC(".maps");

static bool is_wanted(void)
{
	return (bpf_get_current_pid_tgid() >> 32) == seen.pid;
}

SEC("tracepoint/syscalls/sys_enter_getppid")
int on_getppid(void *ctx)
{
	if (is_wanted())
		__sync_fetch_and_add(&seen.hits, 1);
	return 0;
}

SEC("tp/syscalls/sys_enter_getpid")
int on_getpid(void *ctx)
{
	if (is_wanted())
		seen.cookie = bpf_get_attach_cookie(ctx);
	return 0;
}

SEC("socket")
int packet(struct __sk_buff *packet)
{
	return packet->len;
}

SEC("raw_tp/sys_enter")
int raw(struct bpf_raw_tracepoint_args *ctx)
{
	seen.hits = ctx->args[0];
	seen.argument = ctx->args[1];
	return 7;
}

SEC("kprobe")
int at_function(struct pt_regs *ctx)
{
	return 0;
}

SEC("?fentry/do_unlinkat")
int at_entry(void *ctx)
{
	return 0;
}

SEC("kprobe.multi")
int at_functions(struct pt_regs *ctx)
{
	return 0;
}

SEC("uprobe")
int at_user_function(struct pt_regs *ctx)
{
	if (is_wanted()) {
		__sync_fetch_and_add(&seen.hits, 1);
		seen.cookie = bpf_get_attach_cookie(ctx);
		seen.argument = PT_REGS_PARM1(ctx);
	}
	return 0;
}

SEC("uprobe.multi")
int at_user_functions(struct pt_regs *ctx)
{
	if (is_wanted()) {
		__sync_fetch_and_add(&seen.hits, 1);
		seen.cookie = bpf_get_attach_cookie(ctx);
	}
	return 0;
}

SEC("usdt")
int at_probe(struct pt_regs *ctx)
{
	if (is_wanted()) {
		__sync_fetch_and_add(&seen.hits, 1);
		seen.cookie = bpf_usdt_cookie(ctx);
		bpf_usdt_arg(ctx, 0, &seen.argument);
	}
	return 0;
}

SEC("perf_event")
int on_event(struct bpf_perf_event_data *ctx)
{
	__sync_fetch_and_add(&seen.hits, 1);
	return 0;
}

SEC("iter/task")
int tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	if (task)
		BPF_SEQ_PRINTF(ctx->meta->seq, "%d %d\n", task->tgid, task->pid);
	return 0;
}

SEC("iter/cgroup")
int cgroups(struct bpf_iter__cgroup *ctx)
{
	struct cgroup *cgroup = ctx->cgroup;

	if (cgroup)
		BPF_SEQ_PRINTF(ctx->meta->seq, "%llu\n", cgroup->kn->id);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_getsid")
int on_getsid(void *ctx)
{
	if (is_wanted())
		bpf_perf_event_output(ctx, &samples, BPF_F_CURRENT_CPU, &seen.pid, sizeof(seen.pid));
	return 0;
}
