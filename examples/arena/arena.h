/* The table that the BPF program builds in the arena and the guest walks. */
#ifndef ARENA_H
#define ARENA_H

#include <bpf_arena.h>

#define BUCKETS 256
#define NAME_SIZE 16

/* How often a program was started. */
struct program {
	ARENA_PTR(struct program) next;
	unsigned long long runs;
	char name[NAME_SIZE];
};

struct table {
	ARENA_PTR(struct program) buckets[BUCKETS];
};

#endif
