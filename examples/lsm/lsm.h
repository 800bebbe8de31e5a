/* A refusal. */
#ifndef LSM_H
#define LSM_H

#define TASK_COMM_LEN 16
#define NAME_LEN 64

struct event {
	int pid;
	char comm[TASK_COMM_LEN];
};

#endif
