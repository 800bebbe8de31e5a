// Counts each process's system calls: a raw tracepoint is the cheapest way to see all of them.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "rawtp.h"

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_PROCESSES);
	__type(key, u32);
	__type(value, struct counter);
} counters SEC(".maps");

// Calls of processes that the map had no room for.
unsigned long long uncounted = 0;

SEC("raw_tp/sys_enter")
int on_sys_enter(struct bpf_raw_tracepoint_args *ctx)
{
	static const struct counter none;
	u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct counter *counter = bpf_map_lookup_elem(&counters, &pid);

	if (!counter) {
		bpf_map_update_elem(&counters, &pid, &none, BPF_NOEXIST);
		counter = bpf_map_lookup_elem(&counters, &pid);
	}
	if (!counter) {
		__sync_fetch_and_add(&uncounted, 1);
		return 0;
	}
	__sync_fetch_and_add(&counter->calls, 1);
	bpf_get_current_comm(counter->comm, sizeof(counter->comm));
	return 0;
}
