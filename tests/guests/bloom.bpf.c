// A map that kernels before 5.16 do not know. The program only makes the object a whole one.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__uint(max_entries, 100);
	__type(value, u32);
} bloom SEC(".maps");

SEC("socket")
int observe(struct __sk_buff *skb)
{
	return 0;
}
