/*
 * perf_buffer__*: reading perf event arrays, a buffer for each CPU. The
 * buffers are walked in guest memory; the host is called only to wait.
 */
#ifndef WASM_BPF_PERF_H
#define WASM_BPF_PERF_H

#include <wasm_bpf/perf_walk.h>
#include <wasm_bpf/signal.h>

#ifdef __cplusplus
extern "C" {
#endif

struct perf_event_attr;

struct perf_buffer_opts {
	size_t sz;
	__u32 sample_period; /* records for a wakeup */
	size_t : 0;
};
#define perf_buffer_opts__last_field sample_period

struct perf_buffer_raw_opts {
	size_t sz;
	long : 0;
	long : 0;
	int cpu_cnt; /* 0: every online CPU, under its own number */
	int *cpus;
	int *map_keys;
};
#define perf_buffer_raw_opts__last_field map_keys

/* What a perf buffer is opened with. */
struct wasm_bpf_perf_plan {
	int map;
	size_t pages;
	const void *attr;
	uint32_t attr_size;
	const int *cpus, *keys;
	size_t cpu_count;
};

/* How many buffers hold records now. */
WASM_BPF_WEAK int wasm_bpf_perf_ready(const struct perf_buffer *pb)
{
	int ready = 0;
	size_t i;

	for (i = 0; !pb->batch && i < pb->count; i++)
		ready += *wasm_bpf_perf_head(&pb->cpus[i]) != *wasm_bpf_perf_tail(&pb->cpus[i]);
	return ready;
}

/* Hands over what one CPU's buffer holds, without waiting. 0, or a negative error. */
WASM_BPF_HOT int perf_buffer__consume_buffer(struct perf_buffer *pb, size_t buf_idx)
{
	int result;

	if (buf_idx >= pb->count)
		return wasm_bpf_fail(-EINVAL);
	if (pb->batch)
		return wasm_bpf_perf_copy(pb);
	result = wasm_bpf_perf_process(pb, &pb->cpus[buf_idx]);
	if (result < 0)
		errno = result == LIBBPF_PERF_EVENT_ERROR ? EPERM : -result;
	return result;
}

/* Hands over what is there, without waiting. 0, or a negative error. */
WASM_BPF_HOT int perf_buffer__consume(struct perf_buffer *pb)
{
	int result = 0;
	size_t i;

	if (pb->batch)
		return wasm_bpf_perf_copy(pb);
	for (i = 0; i < pb->count && !result; i++)
		result = perf_buffer__consume_buffer(pb, i);
	return result;
}

/*
 * Waits for records for at most `timeout_ms` (-1: for ever) and hands them
 * over. How many buffers had some, 0 when the time is over, -EINTR after a
 * signal handler ran, or another negative error.
 */
WASM_BPF_WEAK int perf_buffer__poll(struct perf_buffer *pb, int timeout_ms)
{
	int ready = 0, filled, error;

	if (pb->interrupted) {
		pb->interrupted = false;
		ready = wasm_bpf_perf_ready(pb);
	}
	while (!ready) {
		ready = wasm_bpf_result(
			wasm_bpf_v1_wait(&pb->handle, sizeof(pb->handle), timeout_ms));
		if (!ready)
			return 0;
		if (ready == -EINTR) {
			ready = 0;
			if (wasm_bpf_signals_run()) {
				pb->interrupted = true;
				return wasm_bpf_fail(-EINTR);
			}
		} else if (ready < 0) {
			return ready;
		}
	}
	filled = wasm_bpf_perf_ready(pb);
	error = perf_buffer__consume(pb);
	if (error)
		return error;
	return filled > ready ? filled : ready;
}

/* Opens the host's side. 0 or -errno. */
WASM_BPF_WEAK int wasm_bpf_perf_open(struct perf_buffer *pb, const struct wasm_bpf_perf_plan *plan)
{
	size_t list = plan->cpu_count * sizeof(int);

	pb->handle = wasm_bpf_result_logged(
		wasm_bpf_v1_perf_open_events(plan->map, plan->pages, plan->attr, plan->attr_size,
					     plan->cpus, list, plan->keys, list));
	return pb->handle < 0 ? pb->handle : 0;
}

/* Gives the windows back, and their memory. */
WASM_BPF_WEAK void wasm_bpf_perf_unmap(struct perf_buffer *pb)
{
	struct wasm_bpf_perf_cpu *cpu;
	size_t i;

	for (i = 0; pb->cpus && i < pb->count; i++) {
		cpu = &pb->cpus[i];
		if (cpu->window > 0)
			wasm_bpf_v1_handle_close(cpu->window);
		if (cpu->event > 0)
			wasm_bpf_v1_handle_close(cpu->event);
		free(cpu->pages);
		free(cpu->joined);
	}
	free(pb->cpus);
	pb->cpus = NULL;
}

/* Maps all buffers into guest memory. 0 or -errno. */
WASM_BPF_WEAK int wasm_bpf_perf_map(struct perf_buffer *pb, size_t pages)
{
	struct wasm_bpf_perf_cpu *cpu;
	int *cpus, count;
	size_t i, length;

	count = wasm_bpf_result(wasm_bpf_v1_perf_cpus(pb->handle, NULL, 0));
	if (count < 0)
		return count;
	pb->count = (size_t)count;
	if (pages >= INT32_MAX / WASM_BPF_PAGE)
		return -ENOMEM;
	pb->size = pages * WASM_BPF_PAGE;
	length = WASM_BPF_PAGE + pb->size;
	pb->cpus = (struct wasm_bpf_perf_cpu *)calloc(pb->count, sizeof(*pb->cpus));
	cpus = (int *)calloc(pb->count, sizeof(*cpus));
	if (!pb->cpus || !cpus) {
		free(cpus);
		return -ENOMEM;
	}
	wasm_bpf_v1_perf_cpus(pb->handle, cpus, pb->count * sizeof(*cpus));
	for (i = 0; i < pb->count; i++)
		pb->cpus[i].cpu = cpus[i];
	free(cpus);
	for (i = 0; i < pb->count; i++) {
		cpu = &pb->cpus[i];
		cpu->pages = wasm_bpf_window_memory(length);
		if (!cpu->pages)
			return -ENOMEM;
		cpu->window = wasm_bpf_result(
			wasm_bpf_v1_perf_window(pb->handle, (int)i, cpu->pages, length));
		if (cpu->window < 0)
			return cpu->window;
	}
	return 0;
}

/* Stops reading and frees; NULL is fine. */
WASM_BPF_WEAK void perf_buffer__free(struct perf_buffer *pb)
{
	if (!pb || wasm_bpf_is_error(pb))
		return;
	if (pb->handle > 0)
		wasm_bpf_v1_handle_close(pb->handle);
	wasm_bpf_perf_unmap(pb);
	free(pb->batch);
	free(pb);
}

/* Opens and maps. Where there are no windows to be had, the host is to copy what its own reading understands. */
WASM_BPF_WEAK int wasm_bpf_perf_start(struct perf_buffer *pb, const struct wasm_bpf_perf_plan *plan)
{
	int error;

	if (!plan->pages || (plan->pages & (plan->pages - 1))) {
		wasm_bpf_print(LIBBPF_WARN,
			       "libbpf: page count should be power of two, but is %u\n",
			       (unsigned)plan->pages);
		return -EINVAL;
	}
	error = wasm_bpf_perf_open(pb, plan);
	if (error)
		return error;
	error = wasm_bpf_perf_map(pb, plan->pages);
	if (!error || pb->event)
		return error;
	/* A buffer that was ever mapped is not read by the host: it takes new ones. */
	wasm_bpf_v1_handle_close(pb->handle);
	wasm_bpf_perf_unmap(pb);
	pb->room = 0x10000;
	pb->batch = (unsigned char *)malloc(pb->room);
	return pb->batch ? wasm_bpf_perf_open(pb, plan) : -ENOMEM;
}

/* The perf buffer of the callbacks in `from`; NULL and errno on failure. */
WASM_BPF_WEAK struct perf_buffer *wasm_bpf_perf_new(const struct perf_buffer *from,
						    const struct wasm_bpf_perf_plan *plan)
{
	struct perf_buffer *pb = (struct perf_buffer *)calloc(1, sizeof(*pb));
	int error;

	if (!pb)
		return (struct perf_buffer *)wasm_bpf_fail_null(-ENOMEM);
	*pb = *from;
	error = wasm_bpf_perf_start(pb, plan);
	if (error) {
		perf_buffer__free(pb);
		return (struct perf_buffer *)wasm_bpf_fail_null(error);
	}
	return pb;
}

/* Reads a perf event array, with `page_cnt` pages (a power of two) for each CPU; NULL and errno on failure. */
WASM_BPF_WEAK struct perf_buffer *perf_buffer__new(int map_fd, size_t page_cnt,
						   perf_buffer_sample_fn sample_cb,
						   perf_buffer_lost_fn lost_cb, void *ctx,
						   const struct perf_buffer_opts *opts)
{
	/* The kernel's oldest struct perf_event_attr, in words. */
	uint32_t attr[16] = {
		1,		/* type: PERF_TYPE_SOFTWARE */
		sizeof(attr),	/* size */
		10,		/* config: PERF_COUNT_SW_BPF_OUTPUT */
	};
	struct wasm_bpf_perf_plan plan;
	struct perf_buffer from;

	if (!wasm_bpf_options_valid(opts, sizeof(*opts)))
		return (struct perf_buffer *)wasm_bpf_fail_null(-EINVAL);
	attr[6] = 1 << 10; /* sample_type: PERF_SAMPLE_RAW */
	attr[12] = WASM_BPF_OPT(opts, sample_period, 1);
	if (!attr[12])
		attr[12] = 1; /* wakeup_events */
	memset(&plan, 0, sizeof(plan));
	plan.map = map_fd;
	plan.pages = page_cnt;
	plan.attr = attr;
	plan.attr_size = sizeof(attr);
	memset(&from, 0, sizeof(from));
	from.sample = sample_cb;
	if (sample_cb && !wasm_bpf_perf_has_first) {
		wasm_bpf_perf_has_first = true;
		wasm_bpf_perf_first = sample_cb;
		from.first = true;
	}
	from.lost = lost_cb;
	from.context = ctx;
	return wasm_bpf_perf_new(&from, &plan);
}

/* The same for any event and chosen CPUs; the callback gets every record as the kernel wrote it. */
WASM_BPF_WEAK struct perf_buffer *
perf_buffer__new_raw(int map_fd, size_t page_cnt, struct perf_event_attr *attr,
		     perf_buffer_event_fn event_cb, void *ctx,
		     const struct perf_buffer_raw_opts *opts)
{
	struct wasm_bpf_perf_plan plan;
	struct perf_buffer from;
	int count;

	if (!attr || !wasm_bpf_options_valid(opts, sizeof(*opts)))
		return (struct perf_buffer *)wasm_bpf_fail_null(-EINVAL);
	memset(&plan, 0, sizeof(plan));
	plan.map = map_fd;
	plan.pages = page_cnt;
	plan.attr = attr;
	memcpy(&plan.attr_size, (const char *)attr + 4, sizeof(plan.attr_size));
	if (!plan.attr_size)
		plan.attr_size = 64; /* PERF_ATTR_SIZE_VER0 */
	count = WASM_BPF_OPT(opts, cpu_cnt, 0);
	if (count > 0) {
		plan.cpu_count = (size_t)count;
		plan.cpus = WASM_BPF_OPT(opts, cpus, NULL);
		plan.keys = WASM_BPF_OPT(opts, map_keys, NULL);
	}
	memset(&from, 0, sizeof(from));
	from.event = event_cb;
	from.context = ctx;
	return wasm_bpf_perf_new(&from, &plan);
}

/* How many buffers there are: one for each CPU. */
WASM_BPF_WEAK size_t perf_buffer__buffer_cnt(const struct perf_buffer *pb)
{
	return pb->count;
}

/* The data of one CPU's buffer, behind a page with the positions; -EOPNOTSUPP where the host copies. */
WASM_BPF_WEAK int perf_buffer__buffer(struct perf_buffer *pb, int buf_idx, void **buf,
				      size_t *buf_size)
{
	if (buf_idx < 0 || (size_t)buf_idx >= pb->count)
		return wasm_bpf_fail(-EINVAL);
	if (pb->batch)
		return wasm_bpf_fail(-EOPNOTSUPP);
	*buf = pb->cpus[buf_idx].pages;
	*buf_size = pb->size;
	return 0;
}

/* A descriptor that is readable while a buffer holds records; the perf buffer's own. */
WASM_BPF_WEAK int perf_buffer__epoll_fd(const struct perf_buffer *pb)
{
	return pb->handle;
}

/* The same of one CPU's buffer; -EINVAL where there is none, -EOPNOTSUPP where the host copies. */
WASM_BPF_WEAK int perf_buffer__buffer_fd(const struct perf_buffer *pb, size_t buf_idx)
{
	int event;

	if (buf_idx >= pb->count)
		return wasm_bpf_fail(-EINVAL);
	if (!pb->cpus)
		return wasm_bpf_fail(-EOPNOTSUPP);
	event = pb->cpus[buf_idx].event;
	if (!event)
		event = wasm_bpf_v1_perf_event_at(pb->handle, (uint32_t)buf_idx);
	if (event > 0)
		pb->cpus[buf_idx].event = event;
	return wasm_bpf_result(event);
}

#ifdef __cplusplus
}
#endif

#endif
