/* What the benchmarks share: a clock, medians, and the line that the driver reads. */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>

/* The records of `ring` and `perf`. */
#include "event.h"

/* How often each figure is taken; the smallest counts, since what else the machine does only adds. */
#define BATCHES 5

/* The same clock as bpf_ktime_get_ns(). */
static inline uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* The argument `short` means: run once, quickly. */
static inline int is_short(int argc, char **argv)
{
	return argc > 1 && !strcmp(argv[1], "short");
}

static inline int compare_ns(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

/* Sorts `samples`. */
static inline uint64_t median(uint64_t *samples, size_t count)
{
	qsort(samples, count, sizeof(*samples), compare_ns);
	return samples[count / 2];
}

/*
 * Sorts `samples`; their mean without the largest fiftieth and one, which
 * interrupts hit. Not the median: some clocks step by 10 ns, and only a mean sees less.
 */
static inline double typical(uint64_t *samples, size_t count)
{
	size_t kept = count - 1 - count / 50;
	double sum = 0;

	qsort(samples, count, sizeof(*samples), compare_ns);
	for (size_t i = 0; i < kept; i++)
		sum += (double)samples[i];
	return sum / (double)kept;
}

static inline void report(const char *name, double figure)
{
	printf("%s %.3f\n", name, figure);
}

/* A benchmark whose work went wrong has no figure. */
static inline void must(int good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "failed: %s\n", what);
	exit(1);
}

/* Has the BPF side of `trigger.bpf.h` send `count` events; returns when they are sent. */
static inline void fill(int trigger, volatile unsigned *events, unsigned count)
{
	unsigned key = 0, value = 0;

	*events = count;
	must(!bpf_map_update_elem(trigger, &key, &value, BPF_ANY), "update the trigger map");
}

/*
 * Nanoseconds per event of one `consume`, which takes `count` events that were
 * sent before. The clock's own cost, which is not the same in a guest, is
 * measured in between under the same conditions and taken off.
 */
static inline double time_consume(int trigger, volatile unsigned *events, unsigned count,
				  unsigned rounds, void (*consume)(unsigned count))
{
	uint64_t *busy = malloc(rounds * sizeof(*busy)), *idle = malloc(rounds * sizeof(*idle)), start;
	double best = 0, figure;

	must(busy && idle, "allocate memory for the samples");
	for (int batch = 0; batch < BATCHES; batch++) {
		for (unsigned i = 0; i < rounds; i++) {
			fill(trigger, events, count);
			start = now_ns();
			idle[i] = now_ns() - start;
			consume(count);
			fill(trigger, events, count);
			start = now_ns();
			consume(count);
			busy[i] = now_ns() - start;
		}
		figure = (typical(busy, rounds) - typical(idle, rounds)) / count;
		if (!batch || figure < best)
			best = figure;
	}
	free(busy);
	free(idle);
	return best;
}

#endif
