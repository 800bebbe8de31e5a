/* What ring_walk.bpf.c sends. */
#ifndef RING_WALK_H
#define RING_WALK_H

#define MOST_WORDS 64

struct record {
	unsigned int words[MOST_WORDS];
};

/* How many words a record has: six in a row have the same length. */
static inline unsigned int words_of(unsigned int number)
{
	return 1 + number / 6 * 7 % MOST_WORDS;
}

#endif
