/* What the program is sent. Four of these, with their headers, are 128 bytes: a ring is filled to the last byte. */
#ifndef USER_RING_H
#define USER_RING_H

struct message {
	unsigned long long number;
	unsigned long long square;
	unsigned long long rest;
};

#endif
