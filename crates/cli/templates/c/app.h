/* What the BPF program tells the guest: included by both. Use types of fixed size. */
#ifndef @NAME@_H
#define @NAME@_H

#define COMM_LEN 16
#define FILENAME_LEN 128

struct event {
	unsigned int pid;
	unsigned int ppid;
	char comm[COMM_LEN];
	char filename[FILENAME_LEN];
};

#endif
