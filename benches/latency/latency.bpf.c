// Sends lone events, each stamped with the time, from a timer: the reader sleeps when one comes.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "latency.h"

#define CLOCK_MONOTONIC 1

char LICENSE[] SEC("license") = "GPL";

struct clock {
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, struct clock);
} clocks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} rb SEC(".maps");

const volatile int process = 0;
const volatile unsigned events = 0;
unsigned sent = 0;
int started = 0;

static int tick(void *map, int *key, struct clock *clock)
{
	struct stamp *stamp = bpf_ringbuf_reserve(&rb, sizeof(*stamp), 0);

	(void)map;
	(void)key;
	if (stamp) {
		stamp->sent_ns = bpf_ktime_get_ns();
		bpf_ringbuf_submit(stamp, 0);
	}
	if (++sent < events)
		bpf_timer_start(&clock->timer, PERIOD_NS, 0);
	return 0;
}

// Any system call of this process starts the timer, once.
SEC("tp_btf/sys_enter")
int start(void *ctx)
{
	struct clock *clock;
	int key = 0;

	(void)ctx;
	if (started || (int)(bpf_get_current_pid_tgid() >> 32) != process)
		return 0;
	started = 1;
	clock = bpf_map_lookup_elem(&clocks, &key);
	if (!clock || bpf_timer_init(&clock->timer, &clocks, CLOCK_MONOTONIC))
		return 0;
	bpf_timer_set_callback(&clock->timer, tick);
	bpf_timer_start(&clock->timer, PERIOD_NS, 0);
	return 0;
}
