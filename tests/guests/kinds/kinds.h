/* Shared by the guest and its BPF programs. */
#ifndef KINDS_H
#define KINDS_H

/* What a program has done. */
struct result {
	unsigned long long hits;
	unsigned long long seen; /* of the last hit: what the program's kind is for */
};

/* What the test asks for. */
struct wanted {
	unsigned int thread;
	unsigned int value; /* its meaning is the program's */
};

#endif
