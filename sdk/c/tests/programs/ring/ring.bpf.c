/* Reports every getppid() of one process, with the count so far. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "ring.h"

char LICENSE[] SEC("license") = "GPL";

const volatile unsigned int target_pid = 0;
const volatile unsigned int syscall_number = 0;
unsigned int seen = 0;
unsigned int dropped = 0;
unsigned int limit = 1000;
unsigned long long last_cookie = 1;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("raw_tp/sys_enter")
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{
	struct ring_event *event;

	if (bpf_get_current_pid_tgid() >> 32 != target_pid || ctx->args[1] != syscall_number)
		return 0;
	if (seen >= limit)
		return 0;
	__sync_fetch_and_add(&seen, 1);
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		__sync_fetch_and_add(&dropped, 1);
		return 0;
	}
	event->pid = target_pid;
	event->number = seen;
	event->cookie = last_cookie;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	bpf_ringbuf_submit(event, 0);
	return 0;
}
