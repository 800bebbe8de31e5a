// Pairs the entry of openat(2) and openat2(2), which knows the path, with the return, which knows the result.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "opensnoop.h"

char LICENSE[] SEC("license") = "GPL";

// Paths of the calls that threads are in.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, u32);
	__type(value, const char *);
} calls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(u32));
	__uint(value_size, sizeof(u32));
} events SEC(".maps");

// Set by the guest before load.
const volatile pid_t only_pid = 0;
const volatile bool only_failed = false;

static int enter(const char *path)
{
	u64 id = bpf_get_current_pid_tgid();
	u32 pid = id >> 32, tid = id;

	if (!only_pid || pid == only_pid)
		bpf_map_update_elem(&calls, &tid, &path, BPF_ANY);
	return 0;
}

static int leave(void *ctx, int result)
{
	u64 id = bpf_get_current_pid_tgid();
	struct event event = { .pid = id >> 32, .result = result };
	const char **path;
	u32 tid = id;

	path = bpf_map_lookup_elem(&calls, &tid);
	if (!path)
		return 0;
	if (!only_failed || result < 0) {
		bpf_get_current_comm(event.comm, sizeof(event.comm));
		bpf_probe_read_user_str(event.path, sizeof(event.path), *path);
		bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &event, sizeof(event));
	}
	bpf_map_delete_elem(&calls, &tid);
	return 0;
}

SEC("tp/syscalls/sys_enter_openat")
int enter_openat(struct trace_event_raw_sys_enter *ctx)
{
	return enter((const char *)ctx->args[1]);
}

SEC("tp/syscalls/sys_exit_openat")
int leave_openat(struct trace_event_raw_sys_exit *ctx)
{
	return leave(ctx, ctx->ret);
}

SEC("tp/syscalls/sys_enter_openat2")
int enter_openat2(struct trace_event_raw_sys_enter *ctx)
{
	return enter((const char *)ctx->args[1]);
}

SEC("tp/syscalls/sys_exit_openat2")
int leave_openat2(struct trace_event_raw_sys_exit *ctx)
{
	return leave(ctx, ctx->ret);
}
