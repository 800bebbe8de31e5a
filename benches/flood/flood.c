// ring_flood, ring_flood_tuned: nanoseconds per event delivered while another CPU sends without end. The last argument is the
// thread that does.
#include <unistd.h>

#include <bpf/libbpf.h>

#include "bench.h"
#include "flood.skel.h"

static struct ring_buffer *rb;
static unsigned long long delivered, wrong;

static int on_event(void *ctx, void *data, size_t size)
{
	const struct event *event = data;

	(void)ctx;
	if (size != sizeof(*event) || event->words[0] != delivered || event->words[EVENT_WORDS - 1] != ~delivered)
		wrong++;
	delivered++;
	return 0;
}

/* The loop of most programs. */
static void poll_plainly(void)
{
	must(ring_buffer__poll(rb, 1000) >= 0, "poll the ring");
}

/* A loop that saves the producer its wakeups; the guest's ring_buffer__poll() is to be one by itself. */
static void poll_tuned(void)
{
#ifdef __wasm__
	poll_plainly();
#else
	int taken = ring_buffer__consume(rb);

	must(taken >= 0, "consume the ring");
	if (taken)
		usleep(100);
	else
		poll_plainly();
#endif
}

static double time_flood(void (*poll)(void), uint64_t length_ns)
{
	uint64_t start, now, warm = now_ns() + length_ns / 4;
	unsigned long long before;

	while (now_ns() < warm)
		poll();
	before = delivered;
	start = now_ns();
	do {
		poll();
		now = now_ns();
		/* A producer that got no CPU meanwhile is waited for. */
	} while (now - start < length_ns || delivered == before);
	return (double)(now - start) / (double)(delivered - before);
}

int main(int argc, char **argv)
{
	uint64_t length_ns = is_short(argc, argv) ? 50000000 : 1000000000;
	struct flood_bpf *skel = flood_bpf__open();
	unsigned long long failed;

	must(!!skel && argc > 1, "open the object, with a thread to look for");
	skel->rodata->thread = strtoul(argv[argc - 1], NULL, 10);
	must(!flood_bpf__load(skel), "load the object");
	rb = ring_buffer__new(bpf_map__fd(skel->maps.rb), on_event, NULL, NULL);
	must(!!rb, "open the ring buffer");
	must(!flood_bpf__attach(skel), "attach the program");

	report("ring_flood", time_flood(poll_plainly, length_ns));
	failed = skel->bss->failed;
	report("ring_flood_tuned", time_flood(poll_tuned, length_ns));
	fprintf(stderr, "%s: %llu events; failed reserves: plain %llu, tuned %llu\n", argv[0], delivered, failed,
		skel->bss->failed - failed);
	must(!wrong, "get every event that was sent, in order");

	ring_buffer__free(rb);
	flood_bpf__destroy(skel);
	return 0;
}
