/* The histogram that the BPF programs fill and the guest prints. */
#ifndef RUNQLAT_H
#define RUNQLAT_H

#define MAX_SLOTS 26

/* Slot n counts latencies of 2^n to 2^(n+1)-1 microseconds; slot 0 also those below 1. */
struct hist {
	unsigned slots[MAX_SLOTS];
};

#endif
