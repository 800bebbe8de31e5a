// perf_buffer: nanoseconds per event of one perf_buffer__consume() that finds 1000 of them.
#include <unistd.h>

#include <bpf/libbpf.h>

#include "bench.h"
#include "perf.skel.h"

/* Pages for each CPU: room for all events, with perf's headers. */
#define PAGES 64

static struct perf_buffer *pb;
static unsigned long long expected, wrong;

static void on_event(void *ctx, int cpu, void *data, __u32 size)
{
	/* Perf's records are aligned to 4 bytes only, and end in up to 7 bytes of padding. */
	struct event event;

	(void)ctx;
	(void)cpu;
	if (size < sizeof(event)) {
		wrong++;
		return;
	}
	memcpy(&event, data, sizeof(event));
	if (event.words[0] != expected || event.words[EVENT_WORDS - 1] != ~expected)
		wrong++;
	expected++;
}

static void on_lost(void *ctx, int cpu, __u64 count)
{
	(void)ctx;
	(void)cpu;
	wrong += count;
}

static void consume(unsigned count)
{
	unsigned long long before = expected;

	must(!perf_buffer__consume(pb), "consume the perf buffer");
	must(expected - before == count && !wrong, "consume every event, in order");
}

int main(int argc, char **argv)
{
	struct perf_bpf *skel = perf_bpf__open();

	must(!!skel, "open the object");
	skel->rodata->process = getpid();
	must(!perf_bpf__load(skel), "load the object");
	must(!perf_bpf__attach(skel), "attach the program");
	pb = perf_buffer__new(bpf_map__fd(skel->maps.pb), PAGES, on_event, on_lost, NULL, NULL);
	must(!!pb, "open the perf buffer");

	report("perf_buffer", time_consume(bpf_map__fd(skel->maps.trigger), &skel->bss->events, 1000,
					   is_short(argc, argv) ? 3 : 20, consume));

	perf_buffer__free(pb);
	perf_bpf__destroy(skel);
	return 0;
}
