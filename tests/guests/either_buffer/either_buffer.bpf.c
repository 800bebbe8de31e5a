// SPDX-License-Identifier: GPL-2.0
/* Tells of kill(2) with signal 0 and a process number that nobody has, through the buffer that this kernel has. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "either_buffer.h"

/* A ring buffer where the guest says so; declared as what every kernel has. */
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");

const volatile bool has_ring = false;
const volatile int caller = 0;

SEC("tp/syscalls/sys_enter_kill")
int on_kill(struct trace_event_raw_sys_enter *context)
{
	struct event *room, event = {};

	event.pid = bpf_get_current_pid_tgid() >> 32;
	event.number = -(int)context->args[0];
	if (event.pid != caller || context->args[1] != 0)
		return 0;
	if (!has_ring) {
		bpf_perf_event_output(context, &events, BPF_F_CURRENT_CPU, &event, sizeof(event));
		return 0;
	}
	room = bpf_ringbuf_reserve(&events, sizeof(event), 0);
	if (!room)
		return 0;
	*room = event;
	bpf_ringbuf_submit(room, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
