/* One open(2) that has returned. */
#ifndef OPENSNOOP_H
#define OPENSNOOP_H

#define TASK_COMM_LEN 16
#define PATH_LEN 256

struct event {
	int pid;
	int result; /* the file descriptor, or -errno */
	char comm[TASK_COMM_LEN];
	char path[PATH_LEN];
};

#endif
