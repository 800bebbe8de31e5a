/*
 * How a ring buffer is read: records of all lengths and discarded ones around
 * its end, in parts, on after a handler's error, and past what was dropped.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/syscall.h>

#include <bpf/libbpf.h>

#include "ring_walk.h"
#include "ring_walk.skel.h"

static unsigned int seen, next, missing, wrong;

static void check(const void *data, size_t size)
{
	struct record record;
	unsigned int number, i;

	memcpy(&record, data, size < sizeof(record) ? size : sizeof(record));
	number = record.words[0];
	wrong += number < next || size != words_of(number) * sizeof(record.words[0]);
	for (i = 0; i < words_of(number); i++)
		wrong += record.words[i] != number * (i + 1);
	missing += number - next;
	next = number + 1;
	seen++;
}

static int on_record(void *ctx, void *data, size_t size)
{
	wrong += ctx != &seen;
	check(data, size);
	return 0;
}

/* Another handler, so that there is not one only. */
static int on_record_or_stop(void *ctx, void *data, size_t size)
{
	wrong += ctx != &next;
	check(data, size);
	return next % 97 ? 0 : -ECANCELED;
}

static void send(unsigned int count)
{
	while (count--)
		getppid();
}

static void walk(struct ring_walk_bpf *skel, ring_buffer_sample_fn handler, void *ctx)
{
	struct ring_buffer *rb = ring_buffer__new(bpf_map__fd(skel->maps.events), handler, ctx, NULL);
	unsigned int i, stops = 0, before;
	int result;

	if (!rb)
		return;
	for (i = 0; i < 3000; i++) {
		send(i % 15);
		before = seen;
		result = i % 3 ? ring_buffer__consume(rb) : ring_buffer__consume_n(rb, 1 + i % 8);
		if (result == -ECANCELED)
			stops++;
		else
			wrong += result < 0 || (unsigned int)result != seen - before;
	}
	while (ring_buffer__poll(rb, 0))
		;
	printf("around: %u of %u, stops %u, dropped %u, wrong %u\n", seen, skel->bss->sent, stops,
	       skel->bss->dropped, wrong);
	send(1000);
	while (ring_buffer__poll(rb, 0))
		;
	/* What was dropped last is missed by the next record. */
	send(1);
	ring_buffer__consume(rb);
	printf("overflow: dropped %d, accounted for %d, wrong %u\n", skel->bss->dropped > 0,
	       missing == skel->bss->dropped && seen + missing == skel->bss->sent, wrong);
	printf("left: %zu\n", ring__avail_data_size(ring_buffer__ring(rb, 0)));
	ring_buffer__free(rb);
}

int main(void)
{
	struct ring_walk_bpf *skel = ring_walk_bpf__open();

	if (!skel)
		return 1;
	skel->rodata->target_pid = getpid();
	skel->rodata->syscall_number = __NR_getppid;
	if (ring_walk_bpf__load(skel) || ring_walk_bpf__attach(skel))
		return 1;
	walk(skel, on_record, &seen);
	walk(skel, on_record_or_stop, &next);
	ring_walk_bpf__destroy(skel);
	return 0;
}
