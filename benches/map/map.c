// map_lookup, map_update: nanoseconds per call. map_walk: nanoseconds per entry of a map read whole, in batches.
#include <errno.h>

#include <bpf/libbpf.h>

#include "bench.h"
#include "map.h"
#include "map.skel.h"

/* Entries read in one call. */
#define BATCH 1000

static int table;

/* Keys in an order that no cache foresees; 7919 is prime to ENTRIES. */
static unsigned key_at(unsigned i)
{
	return i * 7919 % ENTRIES;
}

static void update(unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		unsigned key = key_at(i);
		unsigned long long value = 3ULL * key;

		must(!bpf_map_update_elem(table, &key, &value, BPF_ANY), "update an entry");
	}
}

static void lookup(unsigned count)
{
	unsigned long long value, wrong = 0;

	for (unsigned i = 0; i < count; i++) {
		unsigned key = key_at(i);

		must(!bpf_map_lookup_elem(table, &key, &value), "look an entry up");
		wrong += value != 3ULL * key;
	}
	must(!wrong, "find the values that were stored");
}

static void walk(unsigned count)
{
	static unsigned long long values[BATCH];
	static unsigned keys[BATCH];
	unsigned long long seen = 0, sum = 0;
	unsigned mark, *from = NULL, taken;
	int err;

	do {
		taken = BATCH;
		err = bpf_map_lookup_batch(table, from, &mark, keys, values, &taken, NULL);
		must(!err || err == -ENOENT, "look many entries up");
		for (unsigned i = 0; i < taken; i++)
			sum += values[i] == 3ULL * keys[i] ? values[i] : 0;
		seen += taken;
		from = &mark;
	} while (!err);
	must(seen == count && sum == 3ULL * count * (count - 1) / 2, "see every entry once");
}

static double time_batch(void (*work)(unsigned count), unsigned count)
{
	uint64_t best = UINT64_MAX, start, took;

	for (int batch = 0; batch < BATCHES; batch++) {
		start = now_ns();
		work(count);
		took = now_ns() - start;
		if (took < best)
			best = took;
	}
	return (double)best / count;
}

int main(int argc, char **argv)
{
	unsigned calls = is_short(argc, argv) ? 100 : ENTRIES;
	struct map_bpf *skel = map_bpf__open_and_load();

	must(!!skel, "load the object");
	table = bpf_map__fd(skel->maps.table);
	update(ENTRIES);
	report("map_lookup", time_batch(lookup, calls));
	report("map_update", time_batch(update, calls));
	report("map_walk", time_batch(walk, ENTRIES));
	map_bpf__destroy(skel);
	return 0;
}
