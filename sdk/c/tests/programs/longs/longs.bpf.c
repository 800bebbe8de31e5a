/* Values that are `long`, which a guest has in 4 bytes, and a stack trace map whose size the program sets. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__type(key, u32);
	__uint(max_entries, 16);
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, long);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, unsigned long);
} each SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} narrow SEC(".maps");

const volatile int target_pid = 0;
int stack = -1;

SEC("raw_tp/sys_enter")
int take_stack(void *ctx)
{
	if (stack < 0 && bpf_get_current_pid_tgid() >> 32 == target_pid)
		stack = bpf_get_stackid(ctx, &stacks, 0);
	return 0;
}
