// Sends events through a perf buffer.
#include "trigger.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(int));
	__uint(value_size, sizeof(int));
} pb SEC(".maps");

SEC("tp/syscalls/sys_enter_bpf")
int send(struct enter_bpf *call)
{
	unsigned count = wanted(call);
	struct event event;

	for (unsigned i = 0; i < MAX_EVENTS && i < count; i++) {
		number(&event);
		bpf_perf_event_output(call, &pb, BPF_F_CURRENT_CPU, &event, sizeof(event));
	}
	return 0;
}
