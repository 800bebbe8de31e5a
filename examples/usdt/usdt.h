/* One pass over the probe. */
#ifndef USDT_H
#define USDT_H

#define TASK_COMM_LEN 16
#define MAX_ARGS 6

struct event {
	int pid;
	char comm[TASK_COMM_LEN];
	int count; /* of arguments */
	long long args[MAX_ARGS];
};

#endif
