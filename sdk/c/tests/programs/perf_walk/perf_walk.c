/*
 * Perf buffers: records of all lengths around the end of the buffer, what was
 * lost, one CPU's buffer by itself, raw events, and wakeups for several.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/perf_event.h>
#include <sys/syscall.h>

#include <bpf/libbpf.h>

#include "perf_walk.h"
#include "perf_walk.skel.h"

static unsigned int seen, lost, wrong, most;
static unsigned char numbers[1 << 16];

static void on_sample(void *ctx, int cpu, void *data, __u32 size)
{
	struct record record;
	unsigned int number, i;

	memcpy(&record, data, size < sizeof(record) ? size : sizeof(record));
	number = record.words[0];
	if (ctx != numbers || cpu < 0 || number >= sizeof(numbers) || numbers[number]++)
		wrong++;
	/* The kernel pads a record with up to 7 bytes, which count as its own. */
	if (size / 4 < number % MOST_WORDS + 1 || size / 4 > number % MOST_WORDS + 3)
		wrong++;
	for (i = 0; i <= number % MOST_WORDS; i++)
		wrong += record.words[i] != number * (i + 1);
	seen++;
}

static void on_lost(void *ctx, int cpu, __u64 count)
{
	wrong += ctx != numbers || cpu < 0;
	lost += count;
}

static enum bpf_perf_event_ret on_event(void *ctx, int cpu, struct perf_event_header *event)
{
	enum bpf_perf_event_ret *answer = ctx;

	wrong += cpu < 0 || event->size % 8;
	if (event->type == PERF_RECORD_SAMPLE)
		seen++;
	else if (event->type == PERF_RECORD_LOST)
		lost += *(__u64 *)((char *)event + sizeof(*event) + 8);
	else
		wrong++;
	return *answer;
}

static void send(unsigned int count)
{
	while (count--)
		getppid();
}

/* Starts over, on a new buffer. */
static void start(struct perf_walk_bpf *skel)
{
	memset(numbers, 0, sizeof(numbers));
	seen = lost = wrong = 0;
	skel->bss->sent = 0;
}

static void by_sample(struct perf_walk_bpf *skel, int map)
{
	struct perf_buffer *pb = perf_buffer__new(map, 1, on_sample, on_lost, numbers, NULL);
	unsigned int i, filled = 0;
	size_t size, buffer;
	void *pages;

	if (!pb)
		return;
	start(skel);
	for (i = 0; i < 2000; i++) {
		send(1 + i % 7);
		wrong += perf_buffer__consume(pb) != 0;
	}
	printf("around: %d, lost %u, wrong %u\n", seen == skel->bss->sent, lost, wrong);
	send(1000);
	printf("poll: %d\n", perf_buffer__poll(pb, 1000) > 0);
	/* A buffer tells what it lost with its next record. */
	for (i = 0; i < 100000 && seen + lost < skel->bss->sent; i++) {
		send(1);
		perf_buffer__poll(pb, 0);
	}
	printf("overflow: lost %d, all accounted for %d, wrong %u\n", lost > 0,
	       seen + lost == skel->bss->sent, wrong);
	send(5);
	for (buffer = 0; buffer < perf_buffer__buffer_cnt(pb); buffer++) {
		wrong += perf_buffer__consume_buffer(pb, buffer) != 0;
		wrong += perf_buffer__buffer(pb, buffer, &pages, &size) || size != 4096;
		filled += ((struct perf_event_mmap_page *)pages)->data_head > 0;
		wrong += ((struct perf_event_mmap_page *)pages)->data_head !=
			 ((struct perf_event_mmap_page *)pages)->data_tail;
	}
	printf("by buffer: %d, filled %d, wrong %u\n", seen + lost == skel->bss->sent, filled > 0, wrong);
	errno = 0;
	printf("no buffer: %d %d\n", perf_buffer__consume_buffer(pb, buffer) == -EINVAL, errno == EINVAL);
	perf_buffer__free(pb);
}

static void by_event(struct perf_walk_bpf *skel, int map)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_type = PERF_SAMPLE_RAW,
		.wakeup_events = 1,
	};
	enum bpf_perf_event_ret answer = LIBBPF_PERF_EVENT_CONT;
	struct perf_buffer *pb = perf_buffer__new_raw(map, 4, &attr, on_event, &answer, NULL);
	unsigned int before, i;
	int none = 1 << 20, key = 0;
	LIBBPF_OPTS(perf_buffer_raw_opts, opts, .cpu_cnt = 1, .cpus = &none, .map_keys = &key);

	if (!pb)
		return;
	start(skel);
	send(10);
	printf("raw: %d", perf_buffer__consume(pb));
	printf(" %u, wrong %u\n", seen, wrong);
	send(10);
	answer = LIBBPF_PERF_EVENT_DONE;
	for (i = 0; i < 10 && seen < skel->bss->sent; i++) {
		before = seen;
		wrong += perf_buffer__consume(pb) != 0;
		if (seen - before > most)
			most = seen - before;
	}
	printf("one each: %d, all %d\n", most <= perf_buffer__buffer_cnt(pb), seen == skel->bss->sent);
	send(1);
	answer = LIBBPF_PERF_EVENT_ERROR;
	printf("error: %d\n", perf_buffer__consume(pb));
	perf_buffer__free(pb);
	errno = 0;
	pb = perf_buffer__new_raw(map, 4, &attr, on_event, &answer, &opts);
	printf("no CPU: %d %d\n", !pb, errno == EINVAL);
	none = 0;
	pb = perf_buffer__new_raw(map, 4, &attr, on_event, &answer, &opts);
	printf("one CPU: %zu\n", pb ? perf_buffer__buffer_cnt(pb) : 0);
	perf_buffer__free(pb);
}

static void in_batches(struct perf_walk_bpf *skel, int map)
{
	LIBBPF_OPTS(perf_buffer_opts, opts, .sample_period = 20);
	struct perf_buffer *pb = perf_buffer__new(map, 8, on_sample, on_lost, numbers, &opts);
	size_t cpus;

	if (!pb)
		return;
	start(skel);
	send(10);
	printf("few: %d", perf_buffer__poll(pb, 0));
	cpus = perf_buffer__buffer_cnt(pb);
	send(20 * cpus);
	printf(" many: %d, lost %u, wrong %u\n", perf_buffer__poll(pb, 1000) > 0, lost, wrong);
	perf_buffer__free(pb);
}

static int print(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

int main(void)
{
	struct perf_walk_bpf *skel = perf_walk_bpf__open();
	int map;

	if (!skel)
		return 1;
	libbpf_set_print(print);
	skel->rodata->target_pid = getpid();
	skel->rodata->syscall_number = __NR_getppid;
	if (perf_walk_bpf__load(skel) || perf_walk_bpf__attach(skel))
		return 1;
	map = bpf_map__fd(skel->maps.events);
	by_sample(skel, map);
	by_event(skel, map);
	in_batches(skel, map);
	errno = 0;
	printf("no power of two: %d %d\n", !perf_buffer__new(map, 3, on_sample, on_lost, NULL, NULL),
	       errno == EINVAL);
	perf_walk_bpf__destroy(skel);
	return 0;
}
