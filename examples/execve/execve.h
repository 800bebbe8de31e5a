/* One call of execve(2): who called it, and with what. */
#ifndef EXECVE_H
#define EXECVE_H

#define TASK_COMM_LEN 16
#define MAX_ARGS 32
#define ARG_LEN 128
#define ARGS_LEN 2048

struct event {
	int pid;
	unsigned uid;
	char comm[TASK_COMM_LEN];
	unsigned args_len;   /* bytes used of `args` */
	_Bool more;	     /* there were more arguments, or longer ones, than `args` holds */
	char args[ARGS_LEN]; /* each argument ends with a NUL */
};

#endif
