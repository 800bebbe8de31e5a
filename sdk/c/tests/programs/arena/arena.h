/* A hash table of 10,000 keys, made of the BPF program's own nodes. */
#ifndef ARENA_H
#define ARENA_H

#include <bpf_arena.h>

#define KEYS 10000
#define BUCKETS 4096

struct item {
	ARENA_PTR(struct item) next;
	unsigned long long key;
	unsigned long long value;
};

struct items {
	ARENA_PTR(struct item) buckets[BUCKETS];
	ARENA_PTR(struct item) last;
	unsigned long long count;
};

static inline unsigned long long value_of(unsigned long long key)
{
	return key * 2654435761ULL + 7;
}

static inline unsigned bucket_of(unsigned long long key)
{
	return (key * 40503) % BUCKETS;
}

#endif
