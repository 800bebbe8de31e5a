/* A map and a program to be pinned. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

unsigned int calls = 0;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, unsigned int);
	__type(value, unsigned int);
} numbers SEC(".maps");

SEC("raw_tp/sys_enter")
int on_enter(void *ctx)
{
	unsigned int key = 0, *number = bpf_map_lookup_elem(&numbers, &key);

	if (number)
		__sync_fetch_and_add(number, 1);
	__sync_fetch_and_add(&calls, 1);
	return 0;
}
