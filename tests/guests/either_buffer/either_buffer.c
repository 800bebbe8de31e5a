/* A ring buffer where the kernel has them, otherwise a perf buffer: NO_RING=1 makes the probe's answer "no". */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>

#include "either_buffer.h"
#include "either_buffer.skel.h"

static int left;

static int on_record(void *context, void *data, size_t size)
{
	const struct event *event = data;

	(void)context;
	if (size < sizeof(*event))
		return -1;
	printf("event %d\n", event->number);
	fflush(stdout);
	left--;
	return 0;
}

static void on_sample(void *context, int cpu, void *data, __u32 size)
{
	(void)cpu;
	on_record(context, data, size);
}

static bool has_ring(void)
{
	return !getenv("NO_RING") && libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL) > 0;
}

int main(int argc, char **argv)
{
	struct either_buffer_bpf *skel = either_buffer_bpf__open();
	struct ring_buffer *ring = NULL;
	struct perf_buffer *perf = NULL;
	int err = 1;

	if (!skel || argc < 3)
		return 1;
	skel->rodata->caller = atoi(argv[1]);
	left = atoi(argv[2]);
	skel->rodata->has_ring = has_ring();
	if (skel->rodata->has_ring) {
		bpf_map__set_type(skel->maps.events, BPF_MAP_TYPE_RINGBUF);
		bpf_map__set_key_size(skel->maps.events, 0);
		bpf_map__set_value_size(skel->maps.events, 0);
		bpf_map__set_max_entries(skel->maps.events, 64 * 1024);
	}
	if (either_buffer_bpf__load(skel) || either_buffer_bpf__attach(skel))
		goto cleanup;
	if (skel->rodata->has_ring)
		ring = ring_buffer__new(bpf_map__fd(skel->maps.events), on_record, NULL, NULL);
	else
		perf = perf_buffer__new(bpf_map__fd(skel->maps.events), 16, on_sample, NULL, NULL, NULL);
	if (!ring && !perf)
		goto cleanup;
	puts(ring ? "ring" : "perf");
	fflush(stdout);
	while (left > 0)
		if ((ring ? ring_buffer__poll(ring, 100) : perf_buffer__poll(perf, 100)) < 0)
			goto cleanup;
	err = 0;
cleanup:
	ring_buffer__free(ring);
	perf_buffer__free(perf);
	either_buffer_bpf__destroy(skel);
	return err;
}
