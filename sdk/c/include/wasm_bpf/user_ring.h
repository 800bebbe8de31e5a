/*
 * user_ring_buffer__*: sending to a BPF program through a user ring buffer
 * map (kernel 6.1), which lies in guest memory (a window). The program takes
 * records out with bpf_user_ringbuf_drain(); the host is called only to wait
 * for room.
 */
#ifndef WASM_BPF_USER_RING_H
#define WASM_BPF_USER_RING_H

#include <linux/bpf.h>

#include <bpf/libbpf_legacy.h>
#include <wasm_bpf/error_symbol.h>
#include <wasm_bpf/log.h>
#include <wasm_bpf/signal.h>
#include <wasm_bpf/sleep.h>
#include <wasm_bpf/types.h>
#include <wasm_bpf/window.h>

#ifdef __cplusplus
extern "C" {
#endif

struct user_ring_buffer_opts {
	size_t sz;
};
#define user_ring_buffer_opts__last_field sz

/* A page with the kernel's position, one with ours, then the data twice in a row. */
struct user_ring_buffer {
	unsigned char *pages;
	size_t size; /* of the data, in bytes: a power of two */
	int map;
	int window;
};

/* Before each record. */
struct wasm_bpf_user_record {
	uint32_t length; /* and its flags */
	uint32_t zero;
};

/* Frees; NULL is fine. What was submitted stays in the map. */
WASM_BPF_WEAK void user_ring_buffer__free(struct user_ring_buffer *rb)
{
	if (!rb)
		return;
	if (rb->window > 0)
		wasm_bpf_v1_handle_close(rb->window);
	free(rb->pages);
	free(rb);
}

/* Maps the ring. 0 or -errno. */
WASM_BPF_WEAK int wasm_bpf_user_ring_map(struct user_ring_buffer *rb, int map_fd)
{
	struct wasm_bpf_map_info info;
	size_t length;

	memset(&info, 0, sizeof(info));
	if (wasm_bpf_result(wasm_bpf_v1_map_info(map_fd, &info, sizeof(info))) < 0)
		return -errno;
	if (info.type != BPF_MAP_TYPE_USER_RINGBUF) {
		wasm_bpf_print(
			LIBBPF_WARN,
			"libbpf: user ringbuf: map fd=%d is not BPF_MAP_TYPE_USER_RINGBUF\n",
			map_fd);
		return -EINVAL;
	}
	if (info.max_entries > INT32_MAX / 2 - 2 * WASM_BPF_PAGE)
		return -E2BIG;
	rb->map = map_fd;
	rb->size = info.max_entries;
	length = 2 * WASM_BPF_PAGE + 2 * rb->size;
	rb->pages = wasm_bpf_window_memory(length);
	if (!rb->pages)
		return -ENOMEM;
	rb->window = wasm_bpf_result(wasm_bpf_v1_user_ring_window(map_fd, rb->pages, length));
	if (rb->window < 0)
		wasm_bpf_print(LIBBPF_WARN, "libbpf: user ringbuf: failed to map the ring: %s\n",
			       wasm_bpf_error_symbol(rb->window).text);
	return rb->window < 0 ? rb->window : 0;
}

/* Writes to a user ring buffer map; NULL and errno on failure. */
WASM_BPF_WEAK struct user_ring_buffer *
user_ring_buffer__new(int map_fd, const struct user_ring_buffer_opts *opts)
{
	struct user_ring_buffer *rb;
	int error;

	if (!wasm_bpf_options_valid(opts, sizeof(*opts)))
		return (struct user_ring_buffer *)wasm_bpf_fail_null(-EINVAL);
	rb = (struct user_ring_buffer *)calloc(1, sizeof(*rb));
	if (!rb)
		return (struct user_ring_buffer *)wasm_bpf_fail_null(-ENOMEM);
	error = wasm_bpf_user_ring_map(rb, map_fd);
	if (error) {
		user_ring_buffer__free(rb);
		return (struct user_ring_buffer *)wasm_bpf_fail_null(error);
	}
	return rb;
}

/*
 * Room for a record of `size` bytes, to be submitted or discarded; NULL and
 * ENOSPC while the ring is too full, E2BIG if it never has that much. The
 * program does not get past a record that was reserved and not yet submitted.
 */
WASM_BPF_HOT void *user_ring_buffer__reserve(struct user_ring_buffer *rb, __u32 size)
{
	volatile uint64_t *const producer = (volatile uint64_t *)(rb->pages + WASM_BPF_PAGE);
	unsigned char *const data = rb->pages + 2 * WASM_BPF_PAGE;
	volatile struct wasm_bpf_user_record *record;
	const uint64_t at = *producer;
	uint32_t total, room;

	if (size & (BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT))
		return wasm_bpf_fail_null(-E2BIG);
	room = (uint32_t)(rb->size - (at - *(volatile uint64_t *)rb->pages));
	total = (size + (uint32_t)sizeof(*record) + 7) & ~7u;
	if (total > rb->size)
		return wasm_bpf_fail_null(-E2BIG);
	if (room < total)
		return wasm_bpf_fail_null(-ENOSPC);
	record = (volatile struct wasm_bpf_user_record *)(data + ((size_t)at & (rb->size - 1)));
	record->length = size | BPF_RINGBUF_BUSY_BIT;
	record->zero = 0;
	WASM_BPF_FENCE();
	*producer = at + total;
	return data + ((size_t)(at + sizeof(*record)) & (rb->size - 1));
}

/*
 * The same, waiting for at most `timeout_ms` (-1: for ever) until the program
 * has made room. NULL and ENOSPC when the time is over, EINTR after a signal
 * handler ran.
 */
WASM_BPF_HOT void *user_ring_buffer__reserve_blocking(struct user_ring_buffer *rb, __u32 size,
						       int timeout_ms)
{
	const uint64_t start = wasm_bpf_now();
	int left = timeout_ms, result;
	void *sample;

	if (timeout_ms < -1)
		return wasm_bpf_fail_null(-EINVAL);
	do {
		sample = user_ring_buffer__reserve(rb, size);
		if (sample || errno != ENOSPC)
			return sample;
		result = wasm_bpf_result(wasm_bpf_v1_user_ring_wait(rb->map, left));
		if (result == -EINTR ? wasm_bpf_signals_run() : result < 0)
			return wasm_bpf_fail_null(result);
		if (timeout_ms != -1)
			left = timeout_ms - (int)((wasm_bpf_now() - start) / 1000000);
	} while (timeout_ms == -1 || left > 0);
	return user_ring_buffer__reserve(rb, size);
}

/* Hands a record over with these flags. */
WASM_BPF_HOT void wasm_bpf_user_ring_commit(struct user_ring_buffer *rb, void *sample,
					     uint32_t flags)
{
	unsigned char *const data = rb->pages + 2 * WASM_BPF_PAGE;
	volatile struct wasm_bpf_user_record *record;
	size_t at = rb->size + (size_t)((unsigned char *)sample - data) - sizeof(*record);

	record = (volatile struct wasm_bpf_user_record *)(data + (at & (rb->size - 1)));
	WASM_BPF_FENCE();
	record->length = (record->length & ~BPF_RINGBUF_BUSY_BIT) | flags;
}

/* The program may read the record from now on. */
WASM_BPF_HOT void user_ring_buffer__submit(struct user_ring_buffer *rb, void *sample)
{
	wasm_bpf_user_ring_commit(rb, sample, 0);
}

/* The program passes over the record. */
WASM_BPF_HOT void user_ring_buffer__discard(struct user_ring_buffer *rb, void *sample)
{
	wasm_bpf_user_ring_commit(rb, sample, BPF_RINGBUF_DISCARD_BIT);
}

#ifdef __cplusplus
}
#endif

#endif
