/* Kernel and user stack of one thread's sleeps, once each. In one map they could want the same place. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

/* clock_nanosleep on x86-64, nanosleep for programs of old. */
#define NANOSLEEP 35
#define CLOCK_NANOSLEEP 230

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 64);
	__type(key, u32);
} stacks SEC(".maps"), user_stacks SEC(".maps");

const volatile int target_pid = 0;
int kernel_stack = -1, user_stack = -1;

SEC("raw_tp/sys_enter")
int take_stacks(struct bpf_raw_tracepoint_args *ctx)
{
	if (user_stack >= 0 || bpf_get_current_pid_tgid() >> 32 != target_pid)
		return 0;
	if (ctx->args[1] != NANOSLEEP && ctx->args[1] != CLOCK_NANOSLEEP)
		return 0;
	kernel_stack = bpf_get_stackid(ctx, &stacks, 0);
	user_stack = bpf_get_stackid(ctx, &user_stacks, BPF_F_USER_STACK);
	return 0;
}
