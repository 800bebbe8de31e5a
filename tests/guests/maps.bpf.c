// Maps of the kinds whose sizes or keys are special. The program only makes the object a whole one.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#define KEYLESS(name, kind, size, V)       \
	struct {                               \
		__uint(type, BPF_MAP_TYPE_##kind); \
		__uint(max_entries, size);         \
		__type(value, V);                  \
	} name SEC(".maps")

#define MAP(name, kind, size, V)           \
	struct {                               \
		__uint(type, BPF_MAP_TYPE_##kind); \
		__uint(max_entries, size);         \
		__type(key, u32);                  \
		__type(value, V);                  \
	} name SEC(".maps")

struct twelve {
	u8 bytes[12];
};

MAP(hash, HASH, 16, u64);
MAP(array, ARRAY, 4, u64);
MAP(percpu_hash, PERCPU_HASH, 16, u32);
MAP(percpu_array, PERCPU_ARRAY, 1, struct twelve);
KEYLESS(queue, QUEUE, 3, u32);
KEYLESS(stack, STACK, 3, u32);

SEC("socket")
int observe(struct __sk_buff *skb)
{
	return 0;
}
