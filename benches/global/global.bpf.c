// Adds up what the user side stored, and tells it in another variable.
#include "trigger.bpf.h"
#include "global.h"

unsigned long long slots[SLOTS];
unsigned long long sum = 0;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SLOTS);
	__type(key, unsigned);
	__type(value, unsigned long long);
} array SEC(".maps");

SEC("tp/syscalls/sys_enter_bpf")
int add(struct enter_bpf *call)
{
	if (!wanted(call))
		return 0;
	sum = 0;
	for (unsigned i = 0; i < SLOTS; i++) {
		unsigned key = i;
		unsigned long long *value = bpf_map_lookup_elem(&array, &key);

		sum += slots[i];
		if (value)
			*value = slots[i];
	}
	return 0;
}
