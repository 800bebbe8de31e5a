/* One task, as the iterator writes it. */
#ifndef TASK_ITER_H
#define TASK_ITER_H

#define TASK_COMM_LEN 16

struct task {
	int pid; /* of the process */
	int tid; /* of the thread */
	int ppid;
	unsigned state;
	unsigned long long cpu_ns; /* that it has run for */
	char comm[TASK_COMM_LEN];
};

#endif
