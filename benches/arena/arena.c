// arena_lookup: nanoseconds to find a key in a hash table that the BPF program has built in an arena.
#include <unistd.h>

#include <bpf/libbpf.h>

#include "bench.h"
#include "arena.h"
#include "arena.skel.h"

#define STEP 7919

static const struct entry *find(const struct table *table, unsigned long long key)
{
	const struct entry *entry = arena_ptr(table->buckets[bucket_of(key)]);

	while (entry && entry->key != key)
		entry = arena_ptr(entry->next);
	return entry;
}

/*
 * Looks all keys up in an order that no cache foresees (STEP is prime to KEYS); whether all were right. A function of its
 * own on both sides, as where programs look things up: what main() keeps in registers is not measured.
 */
static __attribute__((noinline)) int find_all(const struct table *table)
{
	unsigned long long wrong = 0;
	unsigned key = 0;

	for (unsigned i = 0; i < KEYS; i++) {
		const struct entry *entry = find(table, key);

		wrong += !entry || entry->value != value_of(key);
		key = key < KEYS - STEP ? key + STEP : key + STEP - KEYS;
	}
	return !wrong;
}

static void build(struct arena_bpf *skel)
{
	int fd = bpf_iter_create(bpf_link__fd(skel->links.build));
	char none;

	must(fd >= 0 && !read(fd, &none, sizeof(none)), "run the iterator");
	close(fd);
	must(skel->bss->built == KEYS, "see the table built");
}

int main(int argc, char **argv)
{
	unsigned passes = is_short(argc, argv) ? 1 : 50;
	struct arena_bpf *skel = arena_bpf__open_and_load();
	/* Looked at each time: the compiler must not know that nothing changes between the passes. */
	const struct table *volatile table;
	uint64_t best = UINT64_MAX, start, took;

	must(!!skel, "load the object");
	must(!arena_bpf__attach(skel), "attach the iterator");
	build(skel);
	table = &skel->arena->table;
	for (int batch = 0; batch < BATCHES; batch++) {
		start = now_ns();
		for (unsigned pass = 0; pass < passes; pass++)
			must(find_all(table), "find every key with its value");
		took = now_ns() - start;
		best = took < best ? took : best;
	}
	must(!find(table, KEYS), "miss a key that is not there");
	report("arena_lookup", (double)best / passes / KEYS);
	arena_bpf__destroy(skel);
	return 0;
}
