// Prints each execve(2) with its arguments until Ctrl-C.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "execve.h"
#include "execve.skel.h"

static const char usage[] =
	"Usage: execve [-u UID]\n"
	"\n"
	"Print each program that is executed, with its arguments, until Ctrl-C.\n"
	"\n"
	"  -u UID  what this user executes only\n"
	"  -h      show this help\n";

static volatile sig_atomic_t exiting;

static void on_signal(int signal)
{
	(void)signal;
	exiting = 1;
}

static int print_event(void *ctx, void *data, size_t size)
{
	const struct event *e = data;

	(void)ctx;
	(void)size;
	printf("%-8d %-8u %-16s", e->pid, e->uid, e->comm);
	for (unsigned at = 0; at < e->args_len; at += strlen(&e->args[at]) + 1)
		printf(" %s", &e->args[at]);
	puts(e->more ? " ..." : "");
	return 0;
}

/* Prints events until Ctrl-C; 0 or -errno. */
static int follow(struct execve_bpf *skel)
{
	struct ring_buffer *ring = ring_buffer__new(bpf_map__fd(skel->maps.events), print_event, NULL, NULL);
	int err = ring ? 0 : -errno;

	printf("%-8s %-8s %-16s %s\n", "PID", "UID", "CALLER", "ARGUMENTS");
	while (!exiting && err >= 0) {
		fflush(stdout);
		err = ring_buffer__poll(ring, 100 /* ms */);
	}
	ring_buffer__free(ring);
	if (skel->bss->dropped)
		fprintf(stderr, "execve: %llu events were lost: the ring was full\n", skel->bss->dropped);
	return exiting ? 0 : err;
}

int main(int argc, char **argv)
{
	struct execve_bpf *skel;
	int option, err;

	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	skel = execve_bpf__open();
	if (!skel)
		return 1;
	while ((option = getopt(argc, argv, "u:h")) != -1) {
		if (option != 'u') {
			fputs(usage, option == 'h' ? stdout : stderr);
			execve_bpf__destroy(skel);
			return option == 'h' ? 0 : 1;
		}
		skel->rodata->filter_uid = true;
		skel->rodata->only_uid = strtoul(optarg, NULL, 10);
	}
	err = execve_bpf__load(skel);
	if (!err)
		err = execve_bpf__attach(skel);
	if (!err)
		err = follow(skel);
	if (err)
		fprintf(stderr, "execve: %s\n", strerror(-err));
	execve_bpf__destroy(skel);
	return err ? 1 : 0;
}
