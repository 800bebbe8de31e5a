/* A hash table of 10,000 keys with chains of nodes. */
#ifndef ARENA_H
#define ARENA_H

#include <bpf_arena.h>

#define KEYS 10000
#define BUCKETS 8192

struct entry {
	ARENA_PTR(struct entry) next;
	unsigned long long key;
	unsigned long long value;
};

struct table {
	ARENA_PTR(struct entry) buckets[BUCKETS];
};

static inline unsigned bucket_of(unsigned long long key)
{
	return (unsigned)(key * 2654435761U) >> 19;
}

static inline unsigned long long value_of(unsigned long long key)
{
	return 3 * key + 1;
}

#endif
