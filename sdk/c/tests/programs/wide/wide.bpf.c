#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "wide.h"

const volatile size_t most = 0;
const volatile unsigned long least = 0;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, long);
	__type(value, struct amount);
} amounts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 16);
	__uint(key_size, sizeof(__u32));
} stacks SEC(".maps");

int stack = -1;
bool within = false;

SEC("tracepoint/syscalls/sys_enter_getppid")
int on_call(void *ctx)
{
	within = most == (size_t)-1 && least == 5000000000;
	stack = bpf_get_stackid(ctx, &stacks, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
