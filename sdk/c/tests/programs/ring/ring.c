/*
 * Ring buffer and skeleton: variables before and after load, records in order,
 * a callback that stops the poll, and what the poll returns.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <sys/syscall.h>

#include <bpf/libbpf.h>

#include "ring.h"
#include "ring.skel.h"

static unsigned int got;

static int on_event(void *ctx, void *data, size_t size)
{
	const struct ring_event *event = data;
	unsigned int *stop_at = ctx;

	if (size < sizeof(*event) || event->number != ++got)
		fprintf(stderr, "record %u: number %u, size %zu\n", got, event->number, size);
	return event->number == *stop_at ? -ECANCELED : 0;
}

static int print(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_DEBUG ? 0 : vfprintf(stderr, format, args);
}

int main(void)
{
	struct ring_buffer *ring;
	struct ring_bpf *skel;
	unsigned int stop_at = 3;
	int i, result;

	libbpf_set_print(print);
	skel = ring_bpf__open();
	if (!skel) {
		fprintf(stderr, "open: %d\n", errno);
		return 1;
	}
	printf("limit %u seen %u\n", skel->data->limit, skel->bss->seen);
	skel->rodata->target_pid = getpid();
	skel->rodata->syscall_number = __NR_getppid;
	skel->data->limit = 7;
	if (ring_bpf__load(skel) || ring_bpf__attach(skel)) {
		fprintf(stderr, "load or attach: %d\n", errno);
		return 1;
	}
	ring = ring_buffer__new(bpf_map__fd(skel->maps.events), on_event, &stop_at, NULL);
	if (!ring)
		return 1;
	result = ring_buffer__poll(ring, 0);
	printf("nothing: %d\n", result);
	for (i = 0; i < 5; i++)
		getppid();
	result = ring_buffer__poll(ring, 1000);
	printf("stopped: %d after %u\n", result == -ECANCELED, got);
	result = ring_buffer__poll(ring, 1000);
	printf("rest: %d, %u in all, seen %u\n", result, got, skel->bss->seen);
	skel->data->last_cookie = 42;
	for (i = 0; i < 5; i++)
		getppid();
	result = ring_buffer__consume(ring);
	printf("consumed: %d, %u in all, seen %u, dropped %u\n", result, got, skel->bss->seen,
	       skel->bss->dropped);
	/* Many times around the ring, a record's number telling whether one is missing. */
	skel->data->limit = 20000;
	for (i = 0; i < 20000; i++) {
		getppid();
		if (i % 50 == 49)
			result = ring_buffer__consume_n(ring, 1 + i % 50);
	}
	result = ring_buffer__poll(ring, 0);
	printf("around: %d, %u in all, seen %u, dropped %u\n", result, got, skel->bss->seen,
	       skel->bss->dropped);
	ring_buffer__free(ring);
	ring_bpf__destroy(skel);
	return 0;
}
