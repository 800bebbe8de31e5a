/* Sends a record of changing length for every getppid() of one process. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "perf_walk.h"

char LICENSE[] SEC("license") = "GPL";

const volatile unsigned int target_pid = 0;
const volatile unsigned int syscall_number = 0;
unsigned int sent = 0;
struct record record = {};

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(int));
	__uint(value_size, sizeof(int));
} events SEC(".maps");

SEC("raw_tp/sys_enter")
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{
	unsigned int words, i;

	if (bpf_get_current_pid_tgid() >> 32 != target_pid || ctx->args[1] != syscall_number)
		return 0;
	words = 1 + sent % MOST_WORDS;
	for (i = 0; i < MOST_WORDS; i++)
		record.words[i] = sent * (i + 1);
	sent++;
	bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &record, words * sizeof(record.words[0]));
	return 0;
}
