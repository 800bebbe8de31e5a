// Sends events for each system call of one thread, which makes them without end on another CPU.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "event.h"

char LICENSE[] SEC("license") = "GPL";

/* For each system call. */
#define EVENTS 4

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1024 * 1024);
} rb SEC(".maps");

const volatile unsigned thread = 0;
unsigned long long sent = 0;
unsigned long long failed = 0;

SEC("tp/syscalls/sys_enter_getpgid")
int flood(void *ctx)
{
	struct event *event;

	(void)ctx;
	if ((unsigned)bpf_get_current_pid_tgid() != thread)
		return 0;
	for (int i = 0; i < EVENTS; i++) {
		event = bpf_ringbuf_reserve(&rb, sizeof(*event), 0);
		if (!event) {
			failed++;
			continue;
		}
		__builtin_memset(event, 0, sizeof(*event));
		event->words[0] = sent;
		event->words[EVENT_WORDS - 1] = ~sent;
		sent++;
		bpf_ringbuf_submit(event, 0);
	}
	return 0;
}
