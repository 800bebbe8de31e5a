/* One signal on its way from a task to another. */
#ifndef TP_BTF_H
#define TP_BTF_H

#define TASK_COMM_LEN 16

struct event {
	int signal;
	int from_pid;
	int to_pid;
	char from[TASK_COMM_LEN];
	char to[TASK_COMM_LEN];
};

#endif
