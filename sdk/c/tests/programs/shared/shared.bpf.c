/* Fills in all kinds of shared structs at every getppid() of one process. */
#include <linux/bpf.h>
#include <stddef.h>
#include <bpf/bpf_helpers.h>

#include "shared.h"

char LICENSE[] SEC("license") = "GPL";

const volatile unsigned int target_pid = 0;
const volatile unsigned int syscall_number = 0;
tally_t tally = {};
long lost = 0;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} middles SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} done SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(int));
	__uint(value_size, sizeof(int));
} endings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, unsigned int);
	__type(value, struct job);
} jobs SEC(".maps");

/* The stack has no room for records, so native programs put them together in a map. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, unsigned int);
	__type(value, struct middle);
} scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, unsigned int);
	__type(value, union place);
} places SEC(".maps");

SEC("raw_tp/sys_enter")
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{
	struct kernel_only inner = {.task = (void *)bpf_get_current_task(), .depth = 1};
	union place place = {.call = {.name = inner.task, .number = -1}};
	struct ending ending = {};
	unsigned int key = 0;
	struct middle *middle;
	struct job *job;
	int i;

	if (bpf_get_current_pid_tgid() >> 32 != target_pid || ctx->args[1] != syscall_number)
		return 0;
	bpf_map_update_elem(&places, &key, &place, BPF_ANY);
	tally.calls++;
	tally.total += 1L << 33;

	middle = bpf_map_lookup_elem(&scratch, &key);
	if (!middle)
		return 0;
	middle->number = tally.calls;
	middle->task = inner.task;
	__builtin_memcpy(middle->comm, "middle", 7);
	middle->length = (1UL << 40) + tally.calls;
	middle->twice = 2 * tally.calls;
	middle->negative = -tally.calls;
	middle->more[1] = 11;
	middle->last = inner.depth;
	if (bpf_ringbuf_output(&middles, middle, sizeof(*middle), 0))
		lost++;

	ending.delta = 7;
	ending.pid = target_pid;
	ending.entry = inner.task;
	bpf_perf_event_output(ctx, &endings, BPF_F_CURRENT_CPU, &ending, sizeof(ending));

	for (i = 0; i < 2; i++) {
		key = i;
		job = bpf_map_lookup_elem(&jobs, &key);
		if (!job)
			return 0;
		job->hits += job->step;
		job->sum -= 1;
		if (bpf_ringbuf_output(&done, job, sizeof(*job), 0))
			lost++;
	}
	return 0;
}
