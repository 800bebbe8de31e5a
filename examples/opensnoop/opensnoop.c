// Prints each file that is opened, or that could not be, until Ctrl-C.
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "opensnoop.h"
#include "opensnoop.skel.h"

/* Of each CPU's buffer. */
#define PAGES 64

static volatile sig_atomic_t exiting;
static int only_pid;
static bool only_failed;

static const struct argp_option options[] = {
	{ "pid", 'p', "PID", 0, "Files that this process opens only", 0 },
	{ "failed", 'x', NULL, 0, "Attempts that failed only", 0 },
	{ NULL, 'h', NULL, OPTION_HIDDEN, NULL, 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'p':
		only_pid = atoi(arg);
		if (only_pid <= 0)
			argp_error(state, "not a process id: %s", arg);
		return 0;
	case 'x':
		only_failed = true;
		return 0;
	case 'h':
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
		return 0;
	case ARGP_KEY_ARG:
		argp_usage(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Print each file that is opened, with the result, until Ctrl-C.",
};

static void on_signal(int signal)
{
	(void)signal;
	exiting = 1;
}

static void print_event(void *ctx, int cpu, void *data, unsigned size)
{
	const struct event *e = data;
	int fd = e->result < 0 ? -1 : e->result, error = e->result < 0 ? -e->result : 0;

	(void)ctx;
	(void)cpu;
	(void)size;
	printf("%-7d %-16s %4d %3d %s\n", e->pid, e->comm, fd, error, e->path);
}

static void print_lost(void *ctx, int cpu, unsigned long long count)
{
	(void)ctx;
	fprintf(stderr, "opensnoop: %llu events were lost: the buffer of CPU %d was full\n", count, cpu);
}

/* Prints events until Ctrl-C; 0 or -errno. */
static int follow(struct opensnoop_bpf *skel)
{
	struct perf_buffer *buffer;
	int err = 0;

	buffer = perf_buffer__new(bpf_map__fd(skel->maps.events), PAGES, print_event, print_lost, NULL, NULL);
	if (!buffer)
		return -errno;
	printf("%-7s %-16s %4s %3s %s\n", "PID", "COMM", "FD", "ERR", "PATH");
	while (!exiting && err >= 0) {
		fflush(stdout);
		err = perf_buffer__poll(buffer, 100 /* ms */);
	}
	perf_buffer__free(buffer);
	return exiting ? 0 : err;
}

int main(int argc, char **argv)
{
	struct opensnoop_bpf *skel;
	int err;

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);

	skel = opensnoop_bpf__open();
	if (!skel)
		return 1;
	skel->rodata->only_pid = only_pid;
	skel->rodata->only_failed = only_failed;
	err = opensnoop_bpf__load(skel);
	if (!err)
		err = opensnoop_bpf__attach(skel);
	if (!err)
		err = follow(skel);
	if (err)
		fprintf(stderr, "opensnoop: %s\n", strerror(-err));
	opensnoop_bpf__destroy(skel);
	return err ? 1 : 0;
}
