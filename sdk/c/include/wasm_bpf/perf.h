/*
 * perf_buffer__*: reading perf event arrays, a buffer for each CPU. The host
 * hands over whole records of all CPUs in batches, and how many the kernel
 * dropped.
 */
#ifndef WASM_BPF_PERF_H
#define WASM_BPF_PERF_H

#include <bpf/libbpf_legacy.h>
#include <wasm_bpf/log.h>
#include <wasm_bpf/signal.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef void (*perf_buffer_sample_fn)(void *ctx, int cpu, void *data, __u32 size);
typedef void (*perf_buffer_lost_fn)(void *ctx, int cpu, __u64 cnt);

struct perf_buffer_opts {
	size_t sz;
	__u32 sample_period; /* how many records of a CPU wake a poll; 0 is 1 */
	size_t : 0;
};
#define perf_buffer_opts__last_field sample_period

struct perf_buffer {
	perf_buffer_sample_fn sample;
	perf_buffer_lost_fn lost;
	void *context;
	int handle;
	unsigned char *batch;
	size_t room;
};

/* Where perf_read's records begin: their kind, CPU and size in bytes; the data follows. */
struct wasm_bpf_perf_record {
	uint32_t kind, cpu, size, zero;
};

#define WASM_BPF_PERF_SAMPLE 1
#define WASM_BPF_PERF_LOST 2

/* Fetches the next batch; its length, 0 if there is none, or -errno. */
WASM_BPF_WEAK int wasm_bpf_perf_fill(struct perf_buffer *pb)
{
	unsigned char *larger;
	int length;

	for (;;) {
		length = wasm_bpf_v1_perf_read(pb->handle, pb->batch, pb->room);
		if (length != -90) /* Linux's EMSGSIZE: the next record is larger */
			return wasm_bpf_result(length);
		larger = (unsigned char *)realloc(pb->batch, pb->room * 2);
		if (!larger)
			return wasm_bpf_fail(-ENOMEM);
		pb->batch = larger;
		pb->room *= 2;
	}
}

/* Hands over what is there, without waiting. 0 or -errno. */
WASM_BPF_WEAK int perf_buffer__consume(struct perf_buffer *pb)
{
	struct wasm_bpf_perf_record record;
	unsigned char *data;
	uint64_t lost;
	int length, at;

	while ((length = wasm_bpf_perf_fill(pb)) > 0) {
		wasm_bpf_signals_run();
		for (at = 0; at < length; at += (int)(sizeof(record) + ((record.size + 7) & ~7u))) {
			memcpy(&record, pb->batch + at, sizeof(record));
			data = pb->batch + at + sizeof(record);
			if (record.kind == WASM_BPF_PERF_SAMPLE && pb->sample) {
				pb->sample(pb->context, (int)record.cpu, data, record.size);
			} else if (record.kind == WASM_BPF_PERF_LOST && pb->lost) {
				memcpy(&lost, data, sizeof(lost));
				pb->lost(pb->context, (int)record.cpu, lost);
			}
		}
	}
	return length;
}

/*
 * Waits for records for at most `timeout_ms` (-1: for ever) and hands them
 * over. More than 0 if there were any, 0 when the time is over, -EINTR after a
 * signal handler ran, or another -errno.
 */
WASM_BPF_WEAK int perf_buffer__poll(struct perf_buffer *pb, int timeout_ms)
{
	int ready, error;

	if (wasm_bpf_signals_run())
		return wasm_bpf_fail(-EINTR);
	do
		ready = wasm_bpf_result(
			wasm_bpf_v1_wait(&pb->handle, sizeof(pb->handle), timeout_ms));
	while (ready == -EINTR && !wasm_bpf_signals_run());
	if (ready > 0) {
		error = perf_buffer__consume(pb);
		return error ? error : ready;
	}
	return ready < 0 ? wasm_bpf_fail(ready) : ready;
}

/* Stops reading and frees; NULL is fine. */
WASM_BPF_WEAK void perf_buffer__free(struct perf_buffer *pb)
{
	if (!pb || wasm_bpf_is_error(pb))
		return;
	if (pb->handle > 0)
		wasm_bpf_v1_handle_close(pb->handle);
	free(pb->batch);
	free(pb);
}

/* Reads a perf event array, with `page_cnt` pages (a power of two) for each CPU; NULL and errno on failure. */
WASM_BPF_WEAK struct perf_buffer *perf_buffer__new(int map_fd, size_t page_cnt,
						   perf_buffer_sample_fn sample_cb,
						   perf_buffer_lost_fn lost_cb, void *ctx,
						   const struct perf_buffer_opts *opts)
{
	struct perf_buffer *pb;
	__u32 period;

	if (!wasm_bpf_options_valid(opts, sizeof(*opts)))
		return (struct perf_buffer *)wasm_bpf_fail_null(-EINVAL);
	if (!page_cnt || (page_cnt & (page_cnt - 1))) {
		wasm_bpf_print(LIBBPF_WARN,
			       "libbpf: page count should be power of two, but is %zu\n", page_cnt);
		return (struct perf_buffer *)wasm_bpf_fail_null(-EINVAL);
	}
	pb = (struct perf_buffer *)calloc(1, sizeof(*pb));
	if (!pb)
		return (struct perf_buffer *)wasm_bpf_fail_null(-ENOMEM);
	period = WASM_BPF_OPT(opts, sample_period, 1);
	pb->sample = sample_cb;
	pb->lost = lost_cb;
	pb->context = ctx;
	pb->room = 0x10000;
	pb->batch = (unsigned char *)malloc(pb->room);
	pb->handle = !pb->batch ? wasm_bpf_fail(-ENOMEM)
		     : period > 1
			     ? wasm_bpf_result_logged(
				       wasm_bpf_v1_perf_open_every(map_fd, page_cnt, period))
			     : wasm_bpf_result_logged(wasm_bpf_v1_perf_open(map_fd, page_cnt));
	if (pb->handle < 0) {
		perf_buffer__free(pb);
		return NULL;
	}
	return pb;
}

/* Buffers: one for each possible CPU. */
WASM_BPF_WEAK size_t perf_buffer__buffer_cnt(const struct perf_buffer *pb)
{
	(void)pb;
	return (size_t)wasm_bpf_v1_cpu_count();
}

struct perf_event_attr;
struct perf_event_header;

enum bpf_perf_event_ret {
	LIBBPF_PERF_EVENT_DONE = 0,
	LIBBPF_PERF_EVENT_ERROR = -1,
	LIBBPF_PERF_EVENT_CONT = -2,
};

typedef enum bpf_perf_event_ret (*perf_buffer_event_fn)(void *ctx, int cpu,
							struct perf_event_header *event);

struct perf_buffer_raw_opts;

struct perf_buffer *perf_buffer__new_raw(int map_fd, size_t page_cnt, struct perf_event_attr *attr,
					 perf_buffer_event_fn event_cb, void *ctx,
					 const struct perf_buffer_raw_opts *opts)
	WASM_BPF_UNAVAILABLE("the host reads the buffers: use perf_buffer__new()");
int perf_buffer__epoll_fd(const struct perf_buffer *pb)
	WASM_BPF_UNAVAILABLE("a guest has no epoll: wait with perf_buffer__poll()");
int perf_buffer__consume_buffer(struct perf_buffer *pb, size_t buf_idx)
	WASM_BPF_UNAVAILABLE("the host reads all CPUs at once: use perf_buffer__consume()");
int perf_buffer__buffer_fd(const struct perf_buffer *pb, size_t buf_idx)
	WASM_BPF_UNAVAILABLE("a guest has no epoll: wait with perf_buffer__poll()");
int perf_buffer__buffer(struct perf_buffer *pb, int buf_idx, void **buf, size_t *buf_size)
	WASM_BPF_UNAVAILABLE("the host reads the buffers: use perf_buffer__new()");

#ifdef __cplusplus
}
#endif

#endif
