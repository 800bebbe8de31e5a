/*
 * ring_buffer__*: reading BPF ring buffers. The host hands over whole records
 * in batches; the callback gets a pointer into the batch. What a callback that
 * returned an error has not seen yet waits for the next poll.
 */
#ifndef WASM_BPF_RING_H
#define WASM_BPF_RING_H

#include <limits.h>

#include <bpf/libbpf_legacy.h>
#include <wasm_bpf/globals.h>
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

/* One map's ring: the host's handle and the batch being worked off. */
struct ring {
	ring_buffer_sample_fn callback;
	void *context;
	int map;
	int handle;
	size_t size;	       /* of the ring, in bytes */
	unsigned char *batch;
	size_t room, length, at;
};

struct ring_buffer {
	struct ring **rings;
	int *handles; /* of the rings, as wait() takes them */
	unsigned count;
};

#define WASM_BPF_RING_BATCH 0x10000u

/* Fetches the next batch; its length, 0 if the ring is empty, or -errno. */
WASM_BPF_WEAK int wasm_bpf_ring_fill(struct ring *ring)
{
	unsigned char *larger;
	int length;

	for (;;) {
		length = wasm_bpf_v1_ring_read(ring->handle, ring->batch, ring->room);
		if (length != -90 /* Linux's EMSGSIZE: the next record is larger */ ||
		    ring->room >= ring->size)
			break;
		larger = (unsigned char *)realloc(ring->batch, ring->room * 2);
		if (!larger)
			return wasm_bpf_fail(-ENOMEM);
		ring->batch = larger;
		ring->room *= 2;
	}
	ring->at = 0;
	ring->length = length > 0 ? (size_t)length : 0;
	return wasm_bpf_result(length);
}

/* Hands up to `most` records over; how many, or the callback's negative result. */
WASM_BPF_WEAK int64_t wasm_bpf_ring_process(struct ring *ring, size_t most)
{
	int64_t count = 0;
	uint32_t size;
	int result;

	while (most) {
		if (ring->at >= ring->length) {
			result = wasm_bpf_ring_fill(ring);
			if (result < 0)
				return result;
			if (!result)
				break;
			wasm_bpf_signals_run();
		}
		memcpy(&size, ring->batch + ring->at, sizeof(size));
		result = ring->callback(ring->context, ring->batch + ring->at + 8, size);
		ring->at += 8 + ((size + 7) & ~7u);
		if (result < 0)
			return result;
		count++;
		most--;
	}
	return count;
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

/* Stops reading and frees; NULL is fine. */
WASM_BPF_WEAK void ring_buffer__free(struct ring_buffer *rb)
{
	unsigned i;

	if (!rb || wasm_bpf_is_error(rb))
		return;
	for (i = 0; i < rb->count; i++) {
		wasm_bpf_v1_handle_close(rb->handles[i]);
		free(rb->rings[i]->batch);
		free(rb->rings[i]);
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
	ring->room = ring->size < WASM_BPF_RING_BATCH ? ring->size : WASM_BPF_RING_BATCH;
	ring->batch = (unsigned char *)malloc(ring->room);
	ring->handle = ring->batch ? wasm_bpf_result_logged(wasm_bpf_v1_ring_open(map_fd))
				   : wasm_bpf_fail(-ENOMEM);
	if (ring->handle < 0) {
		free(ring->batch);
		free(ring);
		return -errno;
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

	wasm_bpf_globals_push();
	if (wasm_bpf_signals_run())
		return wasm_bpf_fail(-EINTR);
	for (i = 0; i < rb->count; i++)
		if (rb->rings[i]->at < rb->rings[i]->length)
			timeout_ms = 0;
	do
		result = wasm_bpf_result(wasm_bpf_v1_wait(
			rb->handles, rb->count * sizeof(*rb->handles), timeout_ms));
	while (result == -EINTR && !wasm_bpf_signals_run());
	if (result >= 0) {
		wasm_bpf_globals_pull();
		result = wasm_bpf_ring_process_all(rb, (size_t)-1);
		wasm_bpf_globals_push();
	}
	wasm_bpf_globals_pull();
	return result < 0 ? wasm_bpf_fail(result) : result;
}

/* Hands over at most `n` records without waiting. */
WASM_BPF_WEAK int ring_buffer__consume_n(struct ring_buffer *rb, size_t n)
{
	int result;

	wasm_bpf_globals_push();
	wasm_bpf_globals_pull();
	result = wasm_bpf_ring_process_all(rb, n);
	wasm_bpf_globals_push();
	wasm_bpf_globals_pull();
	return result;
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
	int64_t count;

	wasm_bpf_globals_push();
	count = wasm_bpf_ring_process(r, n);
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
unsigned long ring__consumer_pos(const struct ring *r)
	WASM_BPF_UNAVAILABLE("the host reads the ring: consume it with ring__consume()");
unsigned long ring__producer_pos(const struct ring *r)
	WASM_BPF_UNAVAILABLE("the host reads the ring: consume it with ring__consume()");
size_t ring__avail_data_size(const struct ring *r)
	WASM_BPF_UNAVAILABLE("the host reads the ring: consume it with ring__consume()");

#ifdef __cplusplus
}
#endif

#endif
