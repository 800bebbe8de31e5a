/* What perf_walk.bpf.c sends: the n-th record has n % MOST_WORDS + 1 words, each n times its place. */
#ifndef PERF_WALK_H
#define PERF_WALK_H

#define MOST_WORDS 40

struct record {
	unsigned int words[MOST_WORDS];
};

#endif
