// A hash map, for the user side alone.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "map.h"

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ENTRIES);
	__type(key, unsigned);
	__type(value, unsigned long long);
} table SEC(".maps");
