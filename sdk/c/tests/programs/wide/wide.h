/* What both sides keep, as tools for native libbpf write it. */
#ifndef WIDE_H
#define WIDE_H

struct amount {
	char *name;
	unsigned long bytes;
	int count;
	size_t largest;
};

#endif
