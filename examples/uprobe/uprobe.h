/* One call of the traced function, after its return. */
#ifndef UPROBE_H
#define UPROBE_H

#define TASK_COMM_LEN 16

struct event {
	int pid;
	char comm[TASK_COMM_LEN];
	unsigned long long argument; /* the first */
	unsigned long long result;
	unsigned long long duration_ns;
};

#endif
