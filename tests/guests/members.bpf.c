// Maps whose values are descriptors: the programs that a cgroup starts are counted in a map that another map names.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "hits.h"

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} cgroups SEC(".maps");

struct counter {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} chosen SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, u32);
	__array(values, struct counter);
} choice SEC(".maps");

SEC("tp/sched/sched_process_exec")
int see_exec(void *ctx)
{
	u32 zero = 0;
	void *counter;
	u64 *count;

	if (bpf_current_task_under_cgroup(&cgroups, 0) != 1)
		return 0;
	counter = bpf_map_lookup_elem(&choice, &zero);
	count = counter ? bpf_map_lookup_elem(counter, &zero) : 0;
	if (count)
		__sync_fetch_and_add(count, 1);
	hit();
	return 0;
}
