// Prints all tasks of the system, once.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "task_iter.h"
#include "task_iter.skel.h"

/* As ps(1) shows it. */
static char letter_of(unsigned state)
{
	static const char letters[] = "SDTtXZP";
	const unsigned idle = 0x402; /* sleeps like D, but does not count as load */

	if ((state & idle) == idle)
		return 'I';
	for (int bit = 0; letters[bit]; bit++)
		if (state & (1u << bit))
			return letters[bit];
	return state ? '?' : 'R';
}

static void print_task(const struct task *task)
{
	printf("%-8d %-8d %-8d %c %12.3f %s\n", task->pid, task->tid, task->ppid, letter_of(task->state),
	       task->cpu_ns / 1e6, task->comm);
}

/* Reads the iterator to its end: each read gives as many whole records as there is room for. 0 or -errno. */
static int print_tasks(int iterator)
{
	struct task tasks[64];
	ssize_t size;

	printf("%-8s %-8s %-8s %s %12s %s\n", "PID", "TID", "PPID", "S", "CPU MS", "COMM");
	while ((size = read(iterator, tasks, sizeof(tasks))) > 0)
		for (size_t i = 0; i < size / sizeof(*tasks); i++)
			print_task(&tasks[i]);
	return size ? -errno : 0;
}

int main(int argc, char **argv)
{
	int err, iterator = -1, pid = argc == 2 ? atoi(argv[1]) : 0;
	struct task_iter_bpf *skel;

	if (argc > 2 || (argc == 2 && pid <= 0)) {
		puts("Usage: task_iter [PID]\n\nPrint all tasks of the system, or those of one process.");
		return argc == 2 && !strcmp(argv[1], "-h") ? 0 : 1;
	}
	skel = task_iter_bpf__open();
	if (!skel)
		return 1;
	skel->rodata->only_pid = pid;
	err = task_iter_bpf__load(skel);
	if (!err)
		err = task_iter_bpf__attach(skel);
	if (!err) {
		iterator = bpf_iter_create(bpf_link__fd(skel->links.on_task));
		err = iterator < 0 ? iterator : print_tasks(iterator);
	}
	if (err)
		fprintf(stderr, "task_iter: %s\n", strerror(-err));
	if (iterator >= 0)
		close(iterator);
	task_iter_bpf__destroy(skel);
	return err ? 1 : 0;
}
