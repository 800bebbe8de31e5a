// Runs at each tick of a sampling clock, and counts where in the code it has found the CPU.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "profile.h"

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, MAX_STACKS);
	__uint(key_size, sizeof(u32));
	__uint(value_size, MAX_FRAMES * sizeof(u64));
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_STACKS);
	__type(key, struct place);
	__type(value, u64);
} counts SEC(".maps");

// Set by the guest before load: this process only; 0 for all.
const volatile pid_t only_pid = 0;

// Samples that found no room in the maps.
unsigned long long dropped = 0;

SEC("perf_event")
int on_tick(struct bpf_perf_event_data *ctx)
{
	struct place place = { .pid = bpf_get_current_pid_tgid() >> 32 };
	u64 one = 1, *count;

	// Process 0 is the idle task.
	if (!place.pid || (only_pid && place.pid != only_pid))
		return 0;
	bpf_get_current_comm(place.comm, sizeof(place.comm));
	place.kernel_stack = bpf_get_stackid(ctx, &stacks, 0);
	place.user_stack = bpf_get_stackid(ctx, &stacks, BPF_F_USER_STACK);
	count = bpf_map_lookup_elem(&counts, &place);
	if (count)
		__sync_fetch_and_add(count, 1);
	else if (bpf_map_update_elem(&counts, &place, &one, BPF_NOEXIST))
		__sync_fetch_and_add(&dropped, 1);
	return 0;
}
