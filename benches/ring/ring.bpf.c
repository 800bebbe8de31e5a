// Sends events through a ring buffer.
#include "trigger.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} rb SEC(".maps");

SEC("tp/syscalls/sys_enter_bpf")
int send(struct enter_bpf *call)
{
	unsigned count = wanted(call);

	for (unsigned i = 0; i < MAX_EVENTS && i < count; i++) {
		struct event *event = bpf_ringbuf_reserve(&rb, sizeof(*event), 0);

		if (!event)
			break;
		number(event);
		bpf_ringbuf_submit(event, 0);
	}
	return 0;
}
