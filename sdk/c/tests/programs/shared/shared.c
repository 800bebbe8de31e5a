/* Structs with pointers and `long` in records, in values that come back in records, and in variables. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/syscall.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "shared.h"
#include "shared.skel.h"

struct counter {
	int count;
	const char *unit;
};

static int on_middle(void *ctx, void *data, size_t size)
{
	const struct middle *middle = data;

	(void)ctx;
	printf("middle %d: %d %s %zu %zu %ld %lu %lu %d, %zu of %zu\n", middle->number, middle->task != NULL,
	       middle->comm, middle->length, middle->twice, middle->negative, middle->more[0],
	       middle->more[1], middle->last, size, sizeof(*middle));
	return 0;
}

static void on_ending(void *ctx, int cpu, void *data, __u32 size)
{
	struct ending ending;

	(void)ctx;
	(void)cpu;
	if (size < sizeof(ending)) {
		printf("too small\n");
		return;
	}
	memcpy(&ending, data, sizeof(ending));
	printf("ending: %llu %d %d, %zu\n", ending.delta, ending.pid == getpid(), ending.entry != NULL,
	       sizeof(ending));
}

static int on_done(void *ctx, void *data, size_t size)
{
	const struct job *job = data;

	(void)ctx;
	job->counter->count += job->hits;
	printf("done %s: %d %s, %s %s, %lld, %d, %zu of %zu\n", job->name, job->counter->count,
	       job->counter->unit, job->names[1], job->notes[2], job->sum, job->either == job->counter, size,
	       sizeof(*job));
	job->done(job, job->notes[0]);
	return 0;
}

static void finish(const struct job *job, const char *what)
{
	printf("  finish %s: %s\n", job->name, what);
}

static void forget(const struct job *job, const char *what)
{
	printf("  forget %d: %s\n", job->hits, what);
}

int main(void)
{
	struct counter counters[2] = {{10, "apples"}, {20, "pears"}};
	const char *names[] = {"no", "yes"};
	struct job jobs[2] = {
		{&counters[0], "first", names, 0, {"a", "b", "c"}, 1, {&counters[0]}, finish, 0, {}},
		{.counter = &counters[1], .name = "second", .names = names, .notes = {"d", "e", "f"},
		 .step = 3, .either = NULL, .done = forget, .sum = 1LL << 40},
	};
	struct perf_buffer *endings;
	struct ring_buffer *ring;
	struct shared_bpf *skel;
	struct job back;
	__u32 key;
	int i;

	skel = shared_bpf__open();
	if (!skel) {
		fprintf(stderr, "open: %d\n", errno);
		return 1;
	}
	skel->rodata->target_pid = getpid();
	skel->rodata->syscall_number = __NR_getppid;
	skel->bss->tally.total = -1;
	if (shared_bpf__load(skel)) {
		fprintf(stderr, "load: %d\n", errno);
		return 1;
	}
	for (key = 0; key < 2; key++)
		if (bpf_map__update_elem(skel->maps.jobs, &key, sizeof(key), &jobs[key],
					 sizeof(jobs[key]), BPF_ANY))
			return 1;
	ring = ring_buffer__new(bpf_map__fd(skel->maps.middles), on_middle, NULL, NULL);
	endings = perf_buffer__new(bpf_map__fd(skel->maps.endings), 8, on_ending, NULL, NULL, NULL);
	if (!ring || !endings || ring_buffer__add(ring, bpf_map__fd(skel->maps.done), on_done, NULL))
		return 1;
	if (shared_bpf__attach(skel)) {
		fprintf(stderr, "attach: %d\n", errno);
		return 1;
	}
	for (i = 0; i < 3; i++) {
		getppid();
		ring_buffer__poll(ring, 1000);
		perf_buffer__poll(endings, 1000);
	}
	key = 1;
	if (bpf_map_lookup_elem(bpf_map__fd(skel->maps.jobs), &key, &back))
		return 1;
	printf("back: %s %d %d %lld\n", back.name, back.hits, back.done == forget, back.sum);
	printf("tally: %ld in %d, lost %ld\n", skel->bss->tally.total, skel->bss->tally.calls,
	       (long)skel->bss->lost);
	printf("%zu %zu %zu %zu %zu\n", offsetof(struct middle, last), offsetof(struct job, notes),
	       offsetof(struct job, step), offsetof(struct job, text), sizeof(tally_t));
	perf_buffer__free(endings);
	ring_buffer__free(ring);
	shared_bpf__destroy(skel);
	return 0;
}
