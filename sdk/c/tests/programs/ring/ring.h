/* What ring.bpf.c reports; the same layout on both sides. */
#ifndef RING_H
#define RING_H

struct ring_event {
	unsigned int pid;
	unsigned int number;
	unsigned long long cookie;
	char comm[16];
};

#endif
