/* Sends a record for every getppid() of one process, in changing lengths, some behind discarded ones. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "ring_walk.h"

char LICENSE[] SEC("license") = "GPL";

const volatile unsigned int target_pid = 0;
const volatile unsigned int syscall_number = 0;
unsigned int sent = 0;
unsigned int dropped = 0;
struct record record = {};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

/* As long as some of the records that are sent. */
static void discard(void)
{
	void *none = bpf_ringbuf_reserve(&events, 32, 0);

	if (none)
		bpf_ringbuf_discard(none, 0);
}

SEC("raw_tp/sys_enter")
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{
	unsigned int i;

	if (bpf_get_current_pid_tgid() >> 32 != target_pid || ctx->args[1] != syscall_number)
		return 0;
	for (i = 0; i < MOST_WORDS; i++)
		record.words[i] = sent * (i + 1);
	if (sent % 11 == 4 || sent % 11 == 5)
		discard();
	if (sent % 11 == 5)
		discard();
	if (bpf_ringbuf_output(&events, &record, words_of(sent) * sizeof(record.words[0]), 0))
		dropped++;
	sent++;
	return 0;
}
