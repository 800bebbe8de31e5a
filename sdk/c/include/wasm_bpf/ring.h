/*
 * ring_buffer__*: reading BPF ring buffers. The kernel's pages lie in guest
 * memory (a window): records are walked here, and the callback gets a pointer
 * to the kernel's own copy; the host is called only to wait.
 */
#ifndef WASM_BPF_RING_H
#define WASM_BPF_RING_H

#include <limits.h>

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

typedef int (*ring_buffer_sample_fn)(void *ctx, void *data, size_t size);

struct ring_buffer_opts {
	size_t sz;
};
#define ring_buffer_opts__last_field sz

/* One map's ring. Behind the window's two pages of positions its data lies twice in a row. */
struct ring {
	ring_buffer_sample_fn callback;
	void *context;
	int map;
	int handle; /* what wait() takes */
	int window;
	size_t mask; /* the data's size in bytes, a power of two, less one */
	unsigned char *pages, *data;
	bool first; /* the handler is wasm_bpf_ring_first */
};

struct ring_buffer {
	struct ring **rings;
	int *handles; /* of the rings, as wait() takes them */
	unsigned count;
	unsigned streak;    /* wakeups in a row that came right after each other */
	uint64_t last_wake; /* when the last one was */
	int epoll;          /* of the rings, once the program asked for it */
};

/*
 * Where the guest has read to, and where the kernel has written to. Inline,
 * unlike the library's other functions: a call would cost more than the load.
 */
static inline volatile uint64_t *wasm_bpf_ring_consumer(const struct ring *ring)
{
	return (volatile uint64_t *)ring->pages;
}

static inline const volatile uint64_t *wasm_bpf_ring_producer(const struct ring *ring)
{
	return (const volatile uint64_t *)(ring->pages + WASM_BPF_PAGE);
}

/*
 * The handler of the ring that was added first, stored in one place: where
 * that is given one function only, as in most programs, the linker's optimizer
 * sees that this is it, calls it directly and can inline it.
 */
WASM_BPF_VARIABLE ring_buffer_sample_fn wasm_bpf_ring_first;
WASM_BPF_VARIABLE bool wasm_bpf_ring_has_first;

/* No record's length: that one is longer than any ring. */
#define WASM_BPF_RING_NONE 0xffffffffu
/* How often the length may change, from none to the first one included, among records that are read in one go. */
#define WASM_BPF_RING_CHANGES 2

/*
 * Hands over up to `most` records; how many, or the handler's negative
 * result. A record that is still being written ends the walk. The kernel gets
 * space back after each quarter of the ring and at the end: telling it after
 * each record would cost more than reading one.
 *
 * Records mostly have one length. Where the next one lies is computed from a
 * length only if it is another than the last: the processor foresees that it
 * is not, and need not wait for one record to find the next. Where lengths
 * change, which it cannot foresee, each is taken for another.
 */
static inline __attribute__((always_inline)) int64_t
wasm_bpf_ring_walk(struct ring *ring, size_t most, bool first)
{
	const ring_buffer_sample_fn callback = ring->callback;
	void *const context = ring->context;
	unsigned char *const data = ring->data;
	volatile uint64_t *const consumer = (volatile uint64_t *)(data - 2 * WASM_BPF_PAGE);
	const volatile uint64_t *const producer = (const volatile uint64_t *)(data - WASM_BPF_PAGE);
	const size_t mask = ring->mask;
	const uint64_t start = *consumer, last = start + mask;
	/* Up to `stop` nothing but the records is looked at. */
	unsigned char *record = data + ((size_t)start & mask), *stop;
	/* What `record` lacks to its position. */
	uint64_t base = start - (uintptr_t)record, told = start, at, end;
	uint32_t length, usual = WASM_BPF_RING_NONE, step = 0;
	unsigned changes;
	size_t left = most;
	int result;

	while (left) {
		at = base + (uintptr_t)record;
		end = *producer;
		if (at - told > mask / 4) {
			WASM_BPF_FENCE();
			*consumer = told = at;
		}
		/* A flood must not keep the program in here: signals are looked for in polls. */
		if (end > last)
			end = last;
		if (at >= end)
			break;
		/* Else what the ring can hold from here on lies in its two copies. */
		if (__builtin_expect(record > data + mask, 0)) {
			record = data + ((size_t)at & mask);
			base = at - (uintptr_t)record;
		}
		if (end > told + mask / 4)
			end = told + mask / 4 + 1;
		stop = (unsigned char *)(uintptr_t)(end - base);
		changes = 0;
		for (; left && record < stop; record += step) {
			length = *(const volatile uint32_t *)record;
			if (__builtin_expect(length != usual, 0)) {
				if (length & BPF_RINGBUF_BUSY_BIT)
					goto end;
				step = ((length & ~BPF_RINGBUF_DISCARD_BIT) + BPF_RINGBUF_HDR_SZ +
					7) & ~7u;
				usual = WASM_BPF_RING_NONE;
				if (length & BPF_RINGBUF_DISCARD_BIT)
					continue;
				if (++changes <= WASM_BPF_RING_CHANGES)
					usual = length;
			}
			WASM_BPF_FENCE();
			result = first ? wasm_bpf_ring_first(context, record + BPF_RINGBUF_HDR_SZ,
							     length)
				       : callback(context, record + BPF_RINGBUF_HDR_SZ, length);
			if (result < 0) {
				*consumer = base + (uintptr_t)(record + step);
				return result;
			}
			left--;
		}
	}
end:
	WASM_BPF_FENCE();
	*consumer = base + (uintptr_t)record;
	return (int64_t)(most - left);
}

/* The walk for rings with other handlers. */
__attribute__((noinline)) WASM_BPF_HOT int64_t wasm_bpf_ring_walk_other(struct ring *ring,
									 size_t most)
{
	return wasm_bpf_ring_walk(ring, most, false);
}

/* Not inlined, and with little to keep across the handler: there are few registers that survive a call. */
__attribute__((noinline)) WASM_BPF_HOT int64_t wasm_bpf_ring_process(struct ring *ring, size_t most)
{
	return ring->first ? wasm_bpf_ring_walk(ring, most, true)
			   : wasm_bpf_ring_walk_other(ring, most);
}

/* As above over all rings; INT_MAX at most. Inline: for a lone record a call costs as much as reading it. */
static inline int wasm_bpf_ring_process_all(struct ring_buffer *rb, size_t most)
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

/* Adds a ring to the set for the program's event loop; ring_buffer__epoll_fd() sets it. */
WASM_BPF_VARIABLE int (*wasm_bpf_ring_watch)(struct ring_buffer *rb, int handle) = NULL;

/* Stops reading one ring and frees it. */
WASM_BPF_WEAK void wasm_bpf_ring_close(struct ring *ring)
{
	if (ring->window > 0)
		wasm_bpf_v1_handle_close(ring->window);
	if (ring->handle > 0)
		wasm_bpf_v1_handle_close(ring->handle);
	free(ring->pages);
	free(ring);
}

/* Stops reading and frees; NULL is fine. */
WASM_BPF_WEAK void ring_buffer__free(struct ring_buffer *rb)
{
	unsigned i;

	if (!rb || wasm_bpf_is_error(rb))
		return;
	if (wasm_bpf_ring_watch && rb->epoll)
		wasm_bpf_v1_handle_close(rb->epoll);
	for (i = 0; i < rb->count; i++)
		wasm_bpf_ring_close(rb->rings[i]);
	free(rb->rings);
	free(rb->handles);
	free(rb);
}

/* Opens a map's ring and maps it into the guest. 0 or -errno. */
WASM_BPF_WEAK int wasm_bpf_ring_open(struct ring *ring, int map_fd)
{
	struct wasm_bpf_map_info info;
	size_t length;

	memset(&info, 0, sizeof(info));
	if (wasm_bpf_result(wasm_bpf_v1_map_info(map_fd, &info, sizeof(info))) < 0)
		return -errno;
	if (info.type != BPF_MAP_TYPE_RINGBUF) {
		wasm_bpf_print(LIBBPF_WARN,
			       "libbpf: ringbuf: map fd=%d is not BPF_MAP_TYPE_RINGBUF\n", map_fd);
		return wasm_bpf_fail(-EINVAL);
	}
	if (info.max_entries > INT32_MAX / 2 - 2 * WASM_BPF_PAGE)
		return wasm_bpf_fail(-E2BIG);
	ring->map = map_fd;
	ring->mask = info.max_entries - 1;
	length = 2 * WASM_BPF_PAGE + 2 * info.max_entries;
	ring->pages = wasm_bpf_window_memory(length);
	if (!ring->pages)
		return wasm_bpf_fail(-ENOMEM);
	ring->data = ring->pages + 2 * WASM_BPF_PAGE;
	ring->handle = wasm_bpf_result_logged(wasm_bpf_v1_ring_open(map_fd));
	if (ring->handle < 0)
		return ring->handle;
	ring->window = wasm_bpf_result(wasm_bpf_v1_ring_window(ring->handle, ring->pages, length));
	if (ring->window < 0) {
		wasm_bpf_print(LIBBPF_WARN, "libbpf: ringbuf: failed to map the ring: %s\n",
			       wasm_bpf_error_symbol(ring->window).text);
		return wasm_bpf_fail(ring->window);
	}
	return 0;
}

/* Adds another map's ring. 0 or -errno. */
WASM_BPF_WEAK int ring_buffer__add(struct ring_buffer *rb, int map_fd,
				   ring_buffer_sample_fn sample_cb, void *ctx)
{
	struct ring **rings;
	struct ring *ring;
	int *handles, error;

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
	if (!wasm_bpf_ring_has_first) {
		wasm_bpf_ring_has_first = true;
		wasm_bpf_ring_first = sample_cb;
		ring->first = true;
	}
	error = wasm_bpf_ring_open(ring, map_fd);
	if (!error && wasm_bpf_ring_watch && rb->epoll)
		error = wasm_bpf_ring_watch(rb, ring->handle);
	if (error) {
		wasm_bpf_ring_close(ring);
		return wasm_bpf_fail(error);
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
 * A wakeup costs the producer many times what a record does, and the kernel
 * makes one whenever the consumer has caught up. So while wakeups follow each
 * other within WASM_BPF_RING_GAP, which WASM_BPF_RING_STREAK of them have to
 * show, records gather for WASM_BPF_RING_PAUSE before they are taken, without
 * a wakeup. A lone record is never held back.
 */
#define WASM_BPF_RING_GAP 100000u
#define WASM_BPF_RING_PAUSE 100000u
#define WASM_BPF_RING_STREAK 16
/* A pause that gathers fewer records was not worth it: the flood is over. */
#define WASM_BPF_RING_WORTH 4

/* Whether no ring is so full that a pause could cost records. */
static inline bool wasm_bpf_ring_has_room(const struct ring_buffer *rb)
{
	unsigned i;

	for (i = 0; i < rb->count; i++) {
		const struct ring *ring = rb->rings[i];

		if (*wasm_bpf_ring_producer(ring) - *wasm_bpf_ring_consumer(ring) > ring->mask / 8)
			return false;
	}
	return true;
}

/* In a flood: lets records gather, and hands them over. How many, 0: the flood is over, or an error. */
WASM_BPF_WEAK int wasm_bpf_ring_gather(struct ring_buffer *rb)
{
	int count;

	if (wasm_bpf_ring_has_room(rb))
		wasm_bpf_suspend(WASM_BPF_RING_PAUSE);
	if (wasm_bpf_signals_run())
		return wasm_bpf_fail(-EINTR);
	count = wasm_bpf_ring_process_all(rb, (size_t)-1);
	if (count >= 0 && count < WASM_BPF_RING_WORTH)
		rb->streak = 0;
	return count;
}

/* Notes a wakeup, to know a flood by. */
WASM_BPF_WEAK void wasm_bpf_ring_woken(struct ring_buffer *rb)
{
	const uint64_t now = wasm_bpf_now();

	rb->streak = now - rb->last_wake < WASM_BPF_RING_GAP ? rb->streak + 1 : 0;
	rb->last_wake = now;
}

/*
 * Waits for records for at most `timeout_ms` (-1: for ever) and hands them
 * over. How many, 0 when the time is over, -EINTR after a signal handler ran,
 * another -errno, or the negative result of a callback.
 */
WASM_BPF_HOT int ring_buffer__poll(struct ring_buffer *rb, int timeout_ms)
{
	int result;

	if (rb->streak >= WASM_BPF_RING_STREAK && timeout_ms) {
		result = wasm_bpf_ring_gather(rb);
		if (result)
			return result;
	}
	/* The host says -EINTR at once where a signal is pending. */
	do
		result = wasm_bpf_result(wasm_bpf_v1_wait(
			rb->handles, rb->count * sizeof(*rb->handles), timeout_ms));
	while (result == -EINTR && !wasm_bpf_signals_run());
	if (result <= 0)
		return result;
	/* The records first: somebody waits for them. */
	result = wasm_bpf_ring_process_all(rb, (size_t)-1);
	if (timeout_ms)
		wasm_bpf_ring_woken(rb);
	return result;
}

/* Hands over at most `n` records without waiting. */
WASM_BPF_WEAK int ring_buffer__consume_n(struct ring_buffer *rb, size_t n)
{
	return wasm_bpf_ring_process_all(rb, n);
}

/* Hands over what is there without waiting. */
WASM_BPF_HOT int ring_buffer__consume(struct ring_buffer *rb)
{
	return wasm_bpf_ring_process_all(rb, (size_t)-1);
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
	return r->mask + 1;
}

WASM_BPF_WEAK int ring__map_fd(const struct ring *r)
{
	return r->map;
}

/* Positions in bytes since the map was made; the low 32 bits of them here. */
WASM_BPF_WEAK unsigned long ring__consumer_pos(const struct ring *r)
{
	return (unsigned long)*wasm_bpf_ring_consumer(r);
}

WASM_BPF_WEAK unsigned long ring__producer_pos(const struct ring *r)
{
	return (unsigned long)*wasm_bpf_ring_producer(r);
}

/* Bytes that are not read yet, headers counted. */
WASM_BPF_WEAK size_t ring__avail_data_size(const struct ring *r)
{
	return (size_t)(*wasm_bpf_ring_producer(r) - *wasm_bpf_ring_consumer(r));
}

/* ring_buffer__consume_n() for one ring. */
WASM_BPF_WEAK int ring__consume_n(struct ring *r, size_t n)
{
	int64_t count;

	count = wasm_bpf_ring_process(r, n);
	if (count < 0)
		return wasm_bpf_fail((int)count);
	return count > INT_MAX ? INT_MAX : (int)count;
}

WASM_BPF_WEAK int ring__consume(struct ring *r)
{
	return ring__consume_n(r, (size_t)-1);
}

/* EPOLLIN. */
WASM_BPF_WEAK int wasm_bpf_ring_add_to_epoll(struct ring_buffer *rb, int handle)
{
	return wasm_bpf_result(wasm_bpf_v1_epoll_ctl(rb->epoll, 1, handle, 1, 0));
}

/* A descriptor that is readable while a ring holds records; the buffer's own. */
WASM_BPF_WEAK int ring_buffer__epoll_fd(const struct ring_buffer *rb)
{
	struct ring_buffer *const own = (struct ring_buffer *)(uintptr_t)rb;
	int error = 0;
	unsigned i;

	if (own->epoll)
		return own->epoll;
	own->epoll = wasm_bpf_v1_epoll_create();
	for (i = 0; own->epoll > 0 && !error && i < own->count; i++)
		error = wasm_bpf_ring_add_to_epoll(own, own->handles[i]);
	if (own->epoll > 0 && !error) {
		wasm_bpf_ring_watch = wasm_bpf_ring_add_to_epoll;
		return own->epoll;
	}
	if (own->epoll > 0)
		wasm_bpf_v1_handle_close(own->epoll);
	else
		error = own->epoll;
	own->epoll = 0;
	return wasm_bpf_fail(error);
}

#ifdef __cplusplus
}
#endif

#endif
