// Prints the processes with the most system calls at each interval, until Ctrl-C.
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "rawtp.h"
#include "rawtp.skel.h"

static const char usage[] =
	"Usage: rawtp [-n COUNT] [-i SECONDS]\n"
	"\n"
	"Print the processes that have made the most system calls so far, until Ctrl-C.\n"
	"\n"
	"  -n COUNT    how many processes (10)\n"
	"  -i SECONDS  how often (1)\n"
	"  -h          show this help\n";

struct process {
	unsigned pid;
	struct counter counter;
};

static volatile sig_atomic_t exiting;

static void on_signal(int signal)
{
	(void)signal;
	exiting = 1;
}

static int by_calls(const void *left, const void *right)
{
	const struct process *a = left, *b = right;

	return (a->counter.calls < b->counter.calls) - (a->counter.calls > b->counter.calls);
}

static void print_top(int map, int most)
{
	static struct process processes[MAX_PROCESSES];
	static struct counter counters[MAX_PROCESSES];
	static unsigned pids[MAX_PROCESSES];
	unsigned mark, count = MAX_PROCESSES;
	int err = bpf_map_lookup_batch(map, NULL, &mark, pids, counters, &count, NULL);

	/* One call reads the whole map, and -ENOENT says that nothing is left. */
	if (err && err != -ENOENT) {
		fprintf(stderr, "rawtp: cannot read the counters: %s\n", strerror(-err));
		return;
	}
	for (unsigned i = 0; i < count; i++)
		processes[i] = (struct process){ .pid = pids[i], .counter = counters[i] };
	qsort(processes, count, sizeof(*processes), by_calls);
	printf("\n%-8s %-16s %12s\n", "PID", "COMM", "CALLS");
	for (unsigned i = 0; i < count && i < (unsigned)most; i++)
		printf("%-8u %-16s %12llu\n", processes[i].pid, processes[i].counter.comm, processes[i].counter.calls);
}

/* Calls are not seen while another task that was interrupted in the program waits for the same processor: since Linux 7.0
 * the program can be. */
static unsigned long long missed_calls(const struct bpf_program *program)
{
	struct bpf_prog_info info = { 0 };
	unsigned size = sizeof(info);

	return bpf_prog_get_info_by_fd(bpf_program__fd(program), &info, &size) ? 0 : info.recursion_misses;
}

int main(int argc, char **argv)
{
	int option, most = 10, interval = 1;
	unsigned long long missed;
	struct rawtp_bpf *skel;

	while ((option = getopt(argc, argv, "n:i:h")) != -1) {
		if (option == 'n' && atoi(optarg) > 0) {
			most = atoi(optarg);
		} else if (option == 'i' && atoi(optarg) > 0) {
			interval = atoi(optarg);
		} else {
			fputs(usage, option == 'h' ? stdout : stderr);
			return option == 'h' ? 0 : 1;
		}
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);

	skel = rawtp_bpf__open_and_load();
	if (!skel || rawtp_bpf__attach(skel)) {
		fprintf(stderr, "rawtp: cannot load or attach the BPF program\n");
		rawtp_bpf__destroy(skel);
		return 1;
	}
	for (bool last = false; !last;) {
		fflush(stdout);
		sleep(interval);
		/* Ctrl-C while a table is read and printed: there is one more, which has everything. */
		last = exiting;
		print_top(bpf_map__fd(skel->maps.counters), most);
	}
	if (skel->bss->uncounted)
		fprintf(stderr, "rawtp: %llu calls of more processes were not counted\n", skel->bss->uncounted);
	missed = missed_calls(skel->progs.on_sys_enter);
	if (missed)
		fprintf(stderr, "rawtp: %llu calls were not counted: the kernel skipped the program\n", missed);
	rawtp_bpf__destroy(skel);
	return 0;
}
