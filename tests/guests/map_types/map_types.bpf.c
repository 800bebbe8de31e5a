/* A map of each type that a guest can read and write; the guest has one of them created. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#define MAP(name, kind, key_type, value_type, how)                                                 \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_##kind);                                                 \
		__uint(max_entries, 4);                                                            \
		__uint(map_flags, how);                                                            \
		__type(key, key_type);                                                             \
		__type(value, value_type);                                                         \
	} name SEC(".maps")
#define KEYLESS(name, kind)                                                                        \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_##kind);                                                 \
		__uint(max_entries, 4);                                                            \
		__type(value, u64);                                                                \
	} name SEC(".maps")
#define NESTED(name, kind)                                                                         \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_##kind);                                                 \
		__uint(max_entries, 4);                                                            \
		__type(key, u32);                                                                  \
		__array(values, struct {                                                           \
			__uint(type, BPF_MAP_TYPE_ARRAY);                                          \
			__uint(max_entries, 4);                                                    \
			__type(key, u32);                                                          \
			__type(value, u64);                                                        \
		});                                                                                \
	} name SEC(".maps")
#define NO_PREALLOC 1

struct prefix {
	u32 bits;
	u8 bytes[4];
};

MAP(hash, HASH, u32, u64, 0);
MAP(array, ARRAY, u32, u64, 0);
MAP(lru_hash, LRU_HASH, u32, u64, 0);
MAP(lpm_trie, LPM_TRIE, struct prefix, u64, NO_PREALLOC);
MAP(percpu_hash, PERCPU_HASH, u32, u64, 0);
MAP(percpu_array, PERCPU_ARRAY, u32, u64, 0);
MAP(lru_percpu_hash, LRU_PERCPU_HASH, u32, u64, 0);
MAP(cpumap, CPUMAP, u32, u32, 0);
MAP(devmap, DEVMAP, u32, u32, 0);
MAP(devmap_hash, DEVMAP_HASH, u32, u32, 0);
MAP(prog_array, PROG_ARRAY, u32, u32, 0);
MAP(perf_event_array, PERF_EVENT_ARRAY, u32, u32, 0);
MAP(cgroup_array, CGROUP_ARRAY, u32, u32, 0);
/* A value for each cgroup, kept with it. */
struct {
	__uint(type, BPF_MAP_TYPE_CGRP_STORAGE);
	__uint(map_flags, NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} cgrp_storage SEC(".maps");
KEYLESS(queue, QUEUE);
KEYLESS(stack, STACK);
KEYLESS(bloom_filter, BLOOM_FILTER);
NESTED(array_of_maps, ARRAY_OF_MAPS);
NESTED(hash_of_maps, HASH_OF_MAPS);

SEC("socket")
int observe(struct __sk_buff *skb)
{
	return 0;
}
