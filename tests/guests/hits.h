/* Counts how often a program was run. */
#ifndef HITS_H
#define HITS_H

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} hits SEC(".maps");

static void hit(void)
{
	u32 zero = 0;
	u64 *count = bpf_map_lookup_elem(&hits, &zero);

	if (count)
		__sync_fetch_and_add(count, 1);
}

#endif
