/* Where a task was seen: the key of the counters. */
#ifndef PROFILE_H
#define PROFILE_H

#define TASK_COMM_LEN 16
#define MAX_FRAMES 127
#define MAX_STACKS 10240

struct place {
	int pid;
	int kernel_stack; /* an id of `stacks`; negative: there is none */
	int user_stack;
	char comm[TASK_COMM_LEN];
};

#endif
