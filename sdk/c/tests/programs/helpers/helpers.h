/* What the BPF program reports: as wide on both sides, also where natively `long` makes it so. */
#ifndef HELPERS_H
#define HELPERS_H

#define NAME_LEN 16

enum operation { READS, WRITES, OPERATIONS };

struct event {
	__u64 when;
	__s64 offset;
	ssize_t size;
	pid_t pid;
	enum operation operation;
	char name[NAME_LEN];
};

struct hist {
	__u32 slots[27];
};

#endif
