// ring_1000, ring_16, ring_1: nanoseconds per event of one ring_buffer__consume() that finds so many of them.
#include <unistd.h>

#include <bpf/libbpf.h>

#include "bench.h"
#include "ring.skel.h"

static struct ring_buffer *rb;
static unsigned long long expected;

static int on_event(void *ctx, void *data, size_t size)
{
	const struct event *event = data;

	(void)ctx;
	if (size != sizeof(*event) || event->words[0] != expected || event->words[EVENT_WORDS - 1] != ~expected)
		return -1;
	expected++;
	return 0;
}

static void consume(unsigned count)
{
	must(ring_buffer__consume(rb) == (int)count, "consume every event, in order");
}

int main(int argc, char **argv)
{
	int few = is_short(argc, argv), trigger;
	struct ring_bpf *skel = ring_bpf__open();

	must(!!skel, "open the object");
	skel->rodata->process = getpid();
	must(!ring_bpf__load(skel), "load the object");
	must(!ring_bpf__attach(skel), "attach the program");
	rb = ring_buffer__new(bpf_map__fd(skel->maps.rb), on_event, NULL, NULL);
	must(!!rb, "open the ring buffer");

	trigger = bpf_map__fd(skel->maps.trigger);
	report("ring_1000", time_consume(trigger, &skel->bss->events, 1000, few ? 3 : 100, consume));
	report("ring_16", time_consume(trigger, &skel->bss->events, 16, few ? 20 : 1000, consume));
	report("ring_1", time_consume(trigger, &skel->bss->events, 1, few ? 100 : 2000, consume));

	ring_buffer__free(rb);
	ring_bpf__destroy(skel);
	return 0;
}
