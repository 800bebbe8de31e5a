/*
 * ring_buffer__*: reading BPF ring buffers. The kernel's ring is mapped into
 * the guest's memory, and walked here: a record is handed to the callback
 * where the BPF program wrote it. The host is called only to wait.
 */
#ifndef WASM_BPF_RING_H
#define WASM_BPF_RING_H

#include <limits.h>

#include <bpf/libbpf_legacy.h>
#include <wasm_bpf/blocks.h>
#include <wasm_bpf/log.h>
#include <wasm_bpf/signal.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int (*ring_buffer_sample_fn)(void *ctx, void *data, size_t size);

struct ring_buffer_opts {
	size_t sz;
};
#define ring_buffer_opts__last_field sz

/* One map's ring. Positions count bytes since the map was created. */
struct ring {
	ring_buffer_sample_fn callback;
	void *context;
	int map;
	int handle;
	int window;
	size_t size;		     /* of the data, in bytes: a power of two */
	unsigned char *region;	     /* 64 KiB-aligned: what the window covers */
	volatile uint64_t *consumer; /* ours to store */
	volatile uint64_t *producer;
	unsigned char *data; /* mapped twice in a row, so that no record is split */
};

struct ring_buffer {
	struct ring **rings;
	int *handles; /* of the rings, as wait() takes them */
	unsigned count;
};

/*
 * Loads of positions and headers that the kernel stores come before the loads
 * of what they announce, and stores of ours after the loads of what they give
 * back: on x86-64 plain loads and stores keep that order, so that only the
 * compiler has to be held back. Other processors would need atomics here.
 */
#define WASM_BPF_RING_ORDER() __asm__ volatile("" ::: "memory")

#define WASM_BPF_RING_BUSY 0x80000000u
#define WASM_BPF_RING_DISCARD 0x40000000u
#define WASM_BPF_RING_HEADER 8u

/* Whether the ring holds a record, be it a discarded or an unfinished one. */
WASM_BPF_WEAK bool wasm_bpf_ring_filled(const struct ring *ring)
{
	return *ring->producer != *ring->consumer;
}

/*
 * Hands up to `most` records over; how many, or the callback's negative
 * result. The kernel gets the space back once per eighth of the ring, and at
 * the end: storing the position for each record would cost more than reading it.
 */
WASM_BPF_WEAK int64_t wasm_bpf_ring_process(struct ring *ring, size_t most)
{
	uint64_t at = *ring->consumer, given = at, end;
	const size_t mask = ring->size - 1, share = ring->size / 8;
	int64_t count = 0;
	int result = 0;

	while (most) {
		end = *ring->producer;
		WASM_BPF_RING_ORDER();
		if (at == end)
			break;
		while (at != end && most) {
			unsigned char *record = ring->data + ((size_t)at & mask);
			uint32_t header = *(volatile uint32_t *)record;
			uint32_t size = header & ~(WASM_BPF_RING_BUSY | WASM_BPF_RING_DISCARD);

			if (header & WASM_BPF_RING_BUSY)
				goto out;
			WASM_BPF_RING_ORDER();
			at += (size + WASM_BPF_RING_HEADER + 7) & ~7u;
			if (!(header & WASM_BPF_RING_DISCARD)) {
				result = ring->callback(ring->context, record + WASM_BPF_RING_HEADER, size);
				if (result < 0)
					goto out;
				count++;
				most--;
			}
			if (at - given >= share) {
				WASM_BPF_RING_ORDER();
				*ring->consumer = given = at;
			}
		}
		WASM_BPF_RING_ORDER();
		*ring->consumer = given = at;
	}
out:
	WASM_BPF_RING_ORDER();
	*ring->consumer = at;
	return result < 0 ? result : count;
}

/* As above over all rings; INT_MAX at most. */
WASM_BPF_WEAK int wasm_bpf_ring_process_all(struct ring_buffer *rb, size_t most)
{
	int64_t sum = 0, count;
	unsigned i;

	for (i = 0; i < rb->count && most; i++) {
		count = wasm_bpf_ring_process(rb->rings[i], most);
		if (count < 0)
			return wasm_bpf_fail((int)count);
		sum += count;
		most -= (size_t)count;
	}
	return sum > INT_MAX ? INT_MAX : (int)sum;
}

/* Gives the kernel's pages back and frees; what was not opened is skipped. */
WASM_BPF_WEAK void wasm_bpf_ring_close(struct ring *ring)
{
	if (ring->window > 0)
		wasm_bpf_v1_handle_close(ring->window);
	if (ring->handle > 0)
		wasm_bpf_v1_handle_close(ring->handle);
	free(ring->region);
	free(ring);
}

/* Maps the ring: a page with our position, one with the kernel's, the data twice. 0 or -errno. */
WASM_BPF_WEAK int wasm_bpf_ring_open(struct ring *ring)
{
	size_t page = (size_t)wasm_bpf_v1_page_size(), size = 2 * page + 2 * ring->size;

	ring->handle = wasm_bpf_result_logged(wasm_bpf_v1_ring_open(ring->map));
	if (ring->handle < 0)
		return ring->handle;
	ring->region = wasm_bpf_blocks(size);
	if (!ring->region)
		return -ENOMEM;
	ring->window = wasm_bpf_result_logged(wasm_bpf_v1_ring_window(
		ring->handle, ring->region, wasm_bpf_blocks_size(size)));
	if (ring->window < 0)
		return ring->window;
	ring->consumer = (volatile uint64_t *)(void *)ring->region;
	ring->producer = (volatile uint64_t *)(void *)(ring->region + page);
	ring->data = ring->region + 2 * page;
	return 0;
}

/* Stops reading and frees; NULL is fine. */
WASM_BPF_WEAK void ring_buffer__free(struct ring_buffer *rb)
{
	unsigned i;

	if (!rb || wasm_bpf_is_error(rb))
		return;
	for (i = 0; i < rb->count; i++) {
		wasm_bpf_ring_close(rb->rings[i]);
	}
	free(rb->rings);
	free(rb->handles);
	free(rb);
}

/* Adds another map's ring. 0 or -errno. */
WASM_BPF_WEAK int ring_buffer__add(struct ring_buffer *rb, int map_fd,
				   ring_buffer_sample_fn sample_cb, void *ctx)
{
	struct wasm_bpf_map_info info;
	struct ring **rings;
	struct ring *ring;
	int *handles;
	int result;

	memset(&info, 0, sizeof(info));
	if (wasm_bpf_result(wasm_bpf_v1_map_info(map_fd, &info, sizeof(info))) < 0)
		return -errno;
	if (info.type != BPF_MAP_TYPE_RINGBUF) {
		wasm_bpf_print(LIBBPF_WARN,
			       "libbpf: ringbuf: map fd=%d is not BPF_MAP_TYPE_RINGBUF\n", map_fd);
		return wasm_bpf_fail(-EINVAL);
	}
	rings = (struct ring **)realloc(rb->rings, (rb->count + 1) * sizeof(*rings));
	if (!rings)
		return wasm_bpf_fail(-ENOMEM);
	rb->rings = rings;
	handles = (int *)realloc(rb->handles, (rb->count + 1) * sizeof(*handles));
	if (!handles)
		return wasm_bpf_fail(-ENOMEM);
	rb->handles = handles;
	ring = (struct ring *)calloc(1, sizeof(*ring));
	if (!ring)
		return wasm_bpf_fail(-ENOMEM);
	ring->callback = sample_cb;
	ring->context = ctx;
	ring->map = map_fd;
	ring->size = info.max_entries;
	result = wasm_bpf_ring_open(ring);
	if (result < 0) {
		wasm_bpf_ring_close(ring);
		return wasm_bpf_fail(result);
	}
	rings[rb->count] = ring;
	handles[rb->count++] = ring->handle;
	return 0;
}

/* Reads a ring buffer map (minimum kernel 5.8); NULL and errno on failure. */
WASM_BPF_WEAK struct ring_buffer *ring_buffer__new(int map_fd, ring_buffer_sample_fn sample_cb,
						   void *ctx, const struct ring_buffer_opts *opts)
{
	struct ring_buffer *rb;

	if (!wasm_bpf_options_valid(opts, sizeof(*opts)))
		return (struct ring_buffer *)wasm_bpf_fail_null(-EINVAL);
	rb = (struct ring_buffer *)calloc(1, sizeof(*rb));
	if (!rb)
		return (struct ring_buffer *)wasm_bpf_fail_null(-ENOMEM);
	if (ring_buffer__add(rb, map_fd, sample_cb, ctx)) {
		ring_buffer__free(rb);
		return NULL;
	}
	return rb;
}

/*
 * Waits for records for at most `timeout_ms` (-1: for ever) and hands them
 * over. How many, 0 when the time is over, -EINTR after a signal handler ran,
 * another -errno, or the negative result of a callback.
 */
WASM_BPF_WEAK int ring_buffer__poll(struct ring_buffer *rb, int timeout_ms)
{
	unsigned i;
	int result;

	if (wasm_bpf_signals_run())
		return wasm_bpf_fail(-EINTR);
	for (i = 0; i < rb->count; i++)
		if (wasm_bpf_ring_filled(rb->rings[i]))
			timeout_ms = 0;
	do
		result = wasm_bpf_result(wasm_bpf_v1_wait(
			rb->handles, rb->count * sizeof(*rb->handles), timeout_ms));
	while (result == -EINTR && !wasm_bpf_signals_run());
	return result < 0 ? wasm_bpf_fail(result) : wasm_bpf_ring_process_all(rb, (size_t)-1);
}

/* Hands over at most `n` records without waiting. */
WASM_BPF_WEAK int ring_buffer__consume_n(struct ring_buffer *rb, size_t n)
{
	return wasm_bpf_ring_process_all(rb, n);
}

/* Hands over what is there without waiting. */
WASM_BPF_WEAK int ring_buffer__consume(struct ring_buffer *rb)
{
	return ring_buffer__consume_n(rb, (size_t)-1);
}

/* The ring of the idx-th map; NULL and ERANGE past the last. */
WASM_BPF_WEAK struct ring *ring_buffer__ring(struct ring_buffer *rb, unsigned int idx)
{
	if (idx >= rb->count)
		return (struct ring *)wasm_bpf_fail_null(-ERANGE);
	return rb->rings[idx];
}

/* The ring's data size in bytes. */
WASM_BPF_WEAK size_t ring__size(const struct ring *r)
{
	return r->size;
}

WASM_BPF_WEAK int ring__map_fd(const struct ring *r)
{
	return r->map;
}

/* ring_buffer__consume_n() for one ring. */
WASM_BPF_WEAK int ring__consume_n(struct ring *r, size_t n)
{
	int64_t count = wasm_bpf_ring_process(r, n);

	if (count < 0)
		return wasm_bpf_fail((int)count);
	return count > INT_MAX ? INT_MAX : (int)count;
}

WASM_BPF_WEAK int ring__consume(struct ring *r)
{
	return ring__consume_n(r, (size_t)-1);
}

int ring_buffer__epoll_fd(const struct ring_buffer *rb)
	WASM_BPF_UNAVAILABLE("a guest has no epoll: wait with ring_buffer__poll()");

/* The position up to which records were consumed, in bytes. */
WASM_BPF_WEAK unsigned long ring__consumer_pos(const struct ring *r)
{
	return (unsigned long)*r->consumer;
}

/* The position up to which the kernel has reserved records, in bytes. */
WASM_BPF_WEAK unsigned long ring__producer_pos(const struct ring *r)
{
	return (unsigned long)*r->producer;
}

/* The bytes that wait to be consumed. */
WASM_BPF_WEAK size_t ring__avail_data_size(const struct ring *r)
{
	return (size_t)(*r->producer - *r->consumer);
}

#ifdef __cplusplus
}
#endif

#endif
