/*
 * How perf buffers are read: each CPU's pages lie in guest memory (a window)
 * and are walked here, as libbpf does; where no memory could be had for them,
 * the host copies whole records of all CPUs out in batches.
 */
#ifndef WASM_BPF_PERF_WALK_H
#define WASM_BPF_PERF_WALK_H

#include <bpf/libbpf_legacy.h>
#include <wasm_bpf/log.h>
#include <wasm_bpf/window.h>

#ifdef __cplusplus
extern "C" {
#endif

struct perf_event_header;

enum bpf_perf_event_ret {
	LIBBPF_PERF_EVENT_DONE = 0,
	LIBBPF_PERF_EVENT_ERROR = -1,
	LIBBPF_PERF_EVENT_CONT = -2,
};

typedef void (*perf_buffer_sample_fn)(void *ctx, int cpu, void *data, __u32 size);
typedef void (*perf_buffer_lost_fn)(void *ctx, int cpu, __u64 cnt);
typedef enum bpf_perf_event_ret (*perf_buffer_event_fn)(void *ctx, int cpu,
							struct perf_event_header *event);

/* One CPU's buffer: a page with positions, then the data, in which the last record may wrap. */
struct wasm_bpf_perf_cpu {
	unsigned char *pages;
	unsigned char *joined; /* where a record that wraps is put together */
	size_t joined_size;
	int cpu;
	int window;
	int event; /* what it is waited for by alone, once the program asked for it */
};

struct perf_buffer {
	perf_buffer_event_fn event; /* gets every record; else the two below */
	perf_buffer_sample_fn sample;
	bool first; /* that is wasm_bpf_perf_first */
	perf_buffer_lost_fn lost;
	void *context;
	struct wasm_bpf_perf_cpu *cpus;
	size_t count; /* of CPUs */
	size_t size;  /* of each one's data, in bytes: a power of two */
	int handle;
	bool interrupted;     /* the last wait ended by a signal, and may have swallowed a wakeup */
	unsigned char *batch; /* where the host copies records to; NULL: there are windows */
	size_t room;
};

/* A record, as linux/perf_event.h lays it out. */
struct wasm_bpf_perf_event {
	uint32_t type;
	uint16_t misc;
	uint16_t size;
	uint32_t sample_size; /* of a sample; a LOST record: u64 id, u64 how many */
	unsigned char sample[];
};

#define WASM_BPF_PERF_RECORD_LOST 2
#define WASM_BPF_PERF_RECORD_SAMPLE 9

/* Positions: `data_head` and `data_tail` of struct perf_event_mmap_page. */
static inline volatile uint64_t *wasm_bpf_perf_head(const struct wasm_bpf_perf_cpu *cpu)
{
	return (volatile uint64_t *)(cpu->pages + 1024);
}

static inline volatile uint64_t *wasm_bpf_perf_tail(const struct wasm_bpf_perf_cpu *cpu)
{
	return (volatile uint64_t *)(cpu->pages + 1032);
}

/* Puts a record together whose first part is at the end of the data; NULL: no memory. */
WASM_BPF_WEAK struct wasm_bpf_perf_event *
wasm_bpf_perf_join(struct wasm_bpf_perf_cpu *cpu, const unsigned char *data, size_t first,
		   const struct wasm_bpf_perf_event *event)
{
	size_t size = event->size;

	if (cpu->joined_size < size) {
		free(cpu->joined);
		cpu->joined = (unsigned char *)malloc(size);
		cpu->joined_size = cpu->joined ? size : 0;
		if (!cpu->joined)
			return NULL;
	}
	memcpy(cpu->joined, event, first);
	memcpy(cpu->joined + first, data, size - first);
	return (struct wasm_bpf_perf_event *)cpu->joined;
}

/* Hands over a record that is no sample for the sample callback. */
WASM_BPF_WEAK int wasm_bpf_perf_other(struct perf_buffer *pb, int cpu,
				      struct wasm_bpf_perf_event *event)
{
	uint64_t lost;

	if (pb->event)
		return pb->event(pb->context, cpu, (struct perf_event_header *)event);
	if (event->type == WASM_BPF_PERF_RECORD_LOST) {
		memcpy(&lost, (unsigned char *)event + 16, sizeof(lost));
		if (pb->lost)
			pb->lost(pb->context, cpu, lost);
	} else if (event->type != WASM_BPF_PERF_RECORD_SAMPLE) {
		wasm_bpf_print(LIBBPF_WARN, "libbpf: unknown perf sample type %d\n",
			       (int)event->type);
		return LIBBPF_PERF_EVENT_ERROR;
	}
	return LIBBPF_PERF_EVENT_CONT;
}

/* The sample callback of the first perf buffer, for direct calls: as wasm_bpf_ring_first. */
WASM_BPF_VARIABLE perf_buffer_sample_fn wasm_bpf_perf_first;
WASM_BPF_VARIABLE bool wasm_bpf_perf_has_first;

/*
 * Hands over what one CPU's buffer holds now; the kernel gets the space back
 * at the end. 0, or what ended it: LIBBPF_PERF_EVENT_ERROR or the event
 * callback's own result.
 */
static inline __attribute__((always_inline)) int
wasm_bpf_perf_walk(struct perf_buffer *pb, struct wasm_bpf_perf_cpu *cpu, bool first)
{
	const perf_buffer_sample_fn sample = pb->event ? NULL : pb->sample;
	void *const context = pb->context;
	unsigned char *const data = cpu->pages + WASM_BPF_PAGE;
	const size_t size = pb->size;
	const int number = cpu->cpu;
	const uint64_t head = *wasm_bpf_perf_head(cpu);
	uint64_t at = *wasm_bpf_perf_tail(cpu);
	int result = LIBBPF_PERF_EVENT_CONT;

	WASM_BPF_FENCE();
	while (at != head) {
		size_t offset = (size_t)at & (size - 1), length;
		struct wasm_bpf_perf_event *event = (struct wasm_bpf_perf_event *)(data + offset);

		length = event->size;
		if (length > size - offset) {
			event = wasm_bpf_perf_join(cpu, data, size - offset, event);
			if (!event) {
				result = LIBBPF_PERF_EVENT_ERROR;
				break;
			}
		}
		at += length;
		if ((first || sample) && event->type == WASM_BPF_PERF_RECORD_SAMPLE) {
			if (first)
				wasm_bpf_perf_first(context, number, event->sample, event->sample_size);
			else
				sample(context, number, event->sample, event->sample_size);
			continue;
		}
		result = wasm_bpf_perf_other(pb, number, event);
		if (result != LIBBPF_PERF_EVENT_CONT)
			break;
	}
	WASM_BPF_FENCE();
	*wasm_bpf_perf_tail(cpu) = at;
	return result == LIBBPF_PERF_EVENT_CONT ? 0 : result;
}

/* The walk for perf buffers with other callbacks. */
__attribute__((noinline)) WASM_BPF_HOT int wasm_bpf_perf_walk_other(struct perf_buffer *pb,
								     struct wasm_bpf_perf_cpu *cpu)
{
	return wasm_bpf_perf_walk(pb, cpu, false);
}

/* Not inlined: it would have fewer registers. */
__attribute__((noinline)) WASM_BPF_HOT int wasm_bpf_perf_process(struct perf_buffer *pb,
								 struct wasm_bpf_perf_cpu *cpu)
{
	return pb->first ? wasm_bpf_perf_walk(pb, cpu, true) : wasm_bpf_perf_walk_other(pb, cpu);
}

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

/* Hands over what the host copies out of all buffers. 0 or -errno. */
WASM_BPF_WEAK int wasm_bpf_perf_copy(struct perf_buffer *pb)
{
	struct wasm_bpf_perf_record record;
	unsigned char *data;
	uint64_t lost;
	int length, at;

	while ((length = wasm_bpf_perf_fill(pb)) > 0) {
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

#ifdef __cplusplus
}
#endif

#endif
