/* One attempt to delete a file. */
#ifndef FENTRY_H
#define FENTRY_H

#define TASK_COMM_LEN 16
#define PATH_LEN 128

struct event {
	int pid;
	int result; /* 0 or -errno */
	char comm[TASK_COMM_LEN];
	char path[PATH_LEN];
};

#endif
