// ring_latency: nanoseconds from a lone event's making in the kernel to its handler, which sleeps in ring_buffer__poll().
#include <unistd.h>

#include <bpf/libbpf.h>

#include "bench.h"
#include "latency.h"
#include "latency.skel.h"

#define MOST 1500

/* A lone event comes after 0.3 ms: silence of this length means that it was lost. */
#define PATIENCE_MS 2000

static uint64_t samples[MOST];
static unsigned taken;

static int on_event(void *ctx, void *data, size_t size)
{
	uint64_t now = now_ns();
	const struct stamp *stamp = data;

	(void)ctx;
	(void)size;
	if (taken < MOST)
		samples[taken++] = now - stamp->sent_ns;
	return 0;
}

int main(int argc, char **argv)
{
	unsigned events = is_short(argc, argv) ? 20 : MOST;
	struct latency_bpf *skel = latency_bpf__open();
	struct ring_buffer *rb;

	must(!!skel, "open the object");
	skel->rodata->process = getpid();
	skel->rodata->events = events;
	must(!latency_bpf__load(skel), "load the object");
	rb = ring_buffer__new(bpf_map__fd(skel->maps.rb), on_event, NULL, NULL);
	must(!!rb, "open the ring buffer");
	must(!latency_bpf__attach(skel), "attach the program");
	must(ring_buffer__poll(rb, PATIENCE_MS) > 0, "get the first event");
	/* From here on only the timer's callback runs, and no program on our system calls. */
	latency_bpf__detach(skel);
	while (taken < events)
		must(ring_buffer__poll(rb, PATIENCE_MS) > 0, "get every event");
	report("ring_latency", (double)median(samples, taken));

	ring_buffer__free(rb);
	latency_bpf__destroy(skel);
	return 0;
}
