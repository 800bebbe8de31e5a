/* Sees calls of getppid(2) by one process, and a function of its own. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "helpers.h"

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, 127 * sizeof(__u64));
	__uint(max_entries, 64);
} stacks SEC(".maps");

const volatile pid_t target_pid = 0;
const volatile int call = 0;
void *const volatile address = NULL;
__u64 seen_address = 0;
int stack = -1;
struct hist hists[OPERATIONS] = {};
int function_calls = 0;

SEC("raw_tp/sys_enter")
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{
	struct event *event;

	if (bpf_get_current_pid_tgid() >> 32 != target_pid || ctx->args[1] != call)
		return 0;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event)
		return 0;
	event->when = 1;
	event->offset = -2;
	event->size = -(1ll << 40);
	event->pid = target_pid;
	event->operation = WRITES;
	__builtin_memcpy(event->name, "a\tname", 7);
	bpf_ringbuf_submit(event, 0);
	hists[WRITES].slots[3]++;
	hists[WRITES].slots[5] += 4;
	seen_address = (u64)address;
	if (stack < 0)
		stack = bpf_get_stackid(ctx, &stacks, 0);
	return 0;
}

SEC("uprobe")
int on_function(void *ctx)
{
	if (bpf_get_current_pid_tgid() >> 32 == target_pid)
		function_calls++;
	return 0;
}
