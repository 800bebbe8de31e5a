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
/* Values of the kernel's own objects, for which the guest has descriptors. */
#define STORAGE(name, kind)                                                                        \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_##kind);                                                 \
		__uint(map_flags, NO_PREALLOC);                                                    \
		__type(key, int);                                                                  \
		__type(value, u64);                                                                \
	} name SEC(".maps")

STORAGE(cgrp_storage, CGRP_STORAGE);
STORAGE(sk_storage, SK_STORAGE);
STORAGE(inode_storage, INODE_STORAGE);
STORAGE(task_storage, TASK_STORAGE);
MAP(sockmap, SOCKMAP, u32, u64, 0);
MAP(sockhash, SOCKHASH, u32, u64, 0);
MAP(reuseport_sockarray, REUSEPORT_SOCKARRAY, u32, u64, 0);
MAP(xskmap, XSKMAP, u32, u32, 0);
KEYLESS(queue, QUEUE);
KEYLESS(stack, STACK);
KEYLESS(bloom_filter, BLOOM_FILTER);
NESTED(array_of_maps, ARRAY_OF_MAPS);
NESTED(hash_of_maps, HASH_OF_MAPS);

/* Kept for each cgroup that a program with it is attached to. */
#define CGROUP_STORAGE_MAP(name, kind)                                                             \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_##kind);                                                 \
		__type(key, u64);                                                                  \
		__type(value, u64);                                                                \
	} name SEC(".maps");                                                                       \
	SEC("cgroup_skb/egress")                                                                   \
	int use_##name(struct __sk_buff *skb)                                                      \
	{                                                                                          \
		return bpf_get_local_storage(&name, 0) != NULL;                                    \
	}

CGROUP_STORAGE_MAP(cgroup_storage, CGROUP_STORAGE)
CGROUP_STORAGE_MAP(percpu_cgroup_storage, PERCPU_CGROUP_STORAGE)

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, 8 * 8);
} stack_trace SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ringbuf SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} user_ringbuf SEC(".maps");

/* linux/bpf.h has it since 6.19: where instructions are that programs jump to. */
struct {
	__uint(type, 34);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, 16);
} insn_array SEC(".maps");

/* What the programs below, run by the guest, found or were told. */
u64 answer;

SEC("raw_tp")
int use_stack_trace(void *ctx)
{
	answer = bpf_get_stackid(ctx, &stack_trace, 0);
	return 0;
}

SEC("raw_tp")
int use_ringbuf(void *ctx)
{
	u64 value = 4711;

	return bpf_ringbuf_output(&ringbuf, &value, sizeof(value), 0);
}

static long take(struct bpf_dynptr *message, void *unused)
{
	u64 value = 0;

	bpf_dynptr_read(&value, sizeof(value), message, 0, 0);
	answer += value;
	return 0;
}

SEC("raw_tp")
int use_user_ringbuf(void *ctx)
{
	return bpf_user_ringbuf_drain(&user_ringbuf, take, NULL, 0) != 1;
}

SEC("socket")
int observe(struct __sk_buff *skb)
{
	return 0;
}
