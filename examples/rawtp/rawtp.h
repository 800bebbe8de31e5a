/* What is counted for a process. */
#ifndef RAWTP_H
#define RAWTP_H

#define TASK_COMM_LEN 16
#define MAX_PROCESSES 10240

struct counter {
	unsigned long long calls;
	char comm[TASK_COMM_LEN]; /* at the last call */
};

#endif
