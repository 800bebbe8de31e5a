/* Counts each getppid() of one process in arrays that can be mapped. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "mapping.h"

char LICENSE[] SEC("license") = "GPL";

const volatile unsigned int target_pid = 0;
const volatile unsigned int syscall_number = 0;
unsigned long long found = 0;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, ENTRIES);
	__type(key, unsigned int);
	__type(value, unsigned long long);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ENTRIES);
	__type(key, unsigned int);
	__type(value, unsigned long long);
} plain SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ENTRIES);
	__type(key, unsigned int);
	__type(value, unsigned long long);
} hash SEC(".maps");

SEC("raw_tp/sys_enter")
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{
	unsigned int first = 0, last = ENTRIES - 1;
	unsigned long long *count;

	if (bpf_get_current_pid_tgid() >> 32 != target_pid || ctx->args[1] != syscall_number)
		return 0;
	count = bpf_map_lookup_elem(&counts, &first);
	if (count)
		found = __sync_fetch_and_add(count, 1);
	count = bpf_map_lookup_elem(&counts, &last);
	if (count)
		*count += 2;
	return 0;
}
