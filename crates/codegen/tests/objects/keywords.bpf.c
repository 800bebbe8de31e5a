/* Names that C++ forbids. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

int new = 1;
int class;
const volatile int this = 3;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, int);
} template SEC(".maps");

SEC("socket")
int delete(struct __sk_buff *packet)
{
	int key = 0;

	return new + class + this + !bpf_map_lookup_elem(&template, &key);
}
