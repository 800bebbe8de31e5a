/* Takes messages out of a user ring buffer at each getppid() of one process, and checks them. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "user_ring.h"

char LICENSE[] SEC("license") = "GPL";

const volatile unsigned int target_pid = 0;
const volatile unsigned int syscall_number = 0;
/* Drain at any system call. */
unsigned int always = 0;
unsigned long long messages = 0;
unsigned long long sum = 0;
unsigned long long last = 0;
unsigned long long wrong = 0;

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

static long on_message(struct bpf_dynptr *data, void *ctx)
{
	struct message message;

	(void)ctx;
	if (bpf_dynptr_read(&message, sizeof(message), data, 0, 0)) {
		wrong++;
		return 0;
	}
	if (message.number <= last || message.square != message.number * message.number ||
	    message.rest != ~message.number)
		wrong++;
	last = message.number;
	sum += message.number;
	messages++;
	return 0;
}

SEC("raw_tp/sys_enter")
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{
	if (bpf_get_current_pid_tgid() >> 32 == target_pid &&
	    (always || ctx->args[1] == syscall_number))
		bpf_user_ringbuf_drain(&ring, on_message, NULL, 0);
	return 0;
}
