// Numbered records about each getpgid(2) of one thread, through a ring buffer or perf buffers. Whatever finds no room
// is counted.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct record {
	u64 attempt;
	u64 sequence;
};

struct counters {
	u64 thread;
	u64 attempts;
	u64 sent;
	u64 failed;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct counters);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} perf SEC(".maps");

static struct counters *of_this_thread(void)
{
	u32 zero = 0;
	struct counters *c = bpf_map_lookup_elem(&counters, &zero);

	return c && (u32)bpf_get_current_pid_tgid() == c->thread ? c : 0;
}

SEC("tp/syscalls/sys_enter_getpgid")
int to_ring(void *ctx)
{
	struct counters *c = of_this_thread();
	struct record *r;

	if (!c)
		return 0;
	r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0);
	if (r) {
		r->attempt = c->attempts;
		r->sequence = c->sent++;
		bpf_ringbuf_submit(r, 0);
	} else {
		c->failed++;
	}
	c->attempts++;
	return 0;
}

SEC("tp/syscalls/sys_enter_getpgid")
int to_perf(void *ctx)
{
	struct counters *c = of_this_thread();
	struct record r;

	if (!c)
		return 0;
	r.attempt = c->attempts;
	r.sequence = c->sent;
	if (bpf_perf_event_output(ctx, &perf, BPF_F_CURRENT_CPU, &r, sizeof(r)))
		c->failed++;
	else
		c->sent++;
	c->attempts++;
	return 0;
}
