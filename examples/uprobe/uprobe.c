// Prints each call of a function in a program or library until Ctrl-C.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "uprobe.h"
#include "uprobe.skel.h"

static const char usage[] =
	"Usage: uprobe [-p PID] PATH FUNCTION\n"
	"\n"
	"Print each call of a function in a program or library until Ctrl-C.\n"
	"\n"
	"  -p PID  calls by this process only\n"
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
	printf("%-8d %-16s %-18llx %-18llx %8.1f\n", e->pid, e->comm, e->argument, e->result, e->duration_ns / 1e3);
	return 0;
}

/* Attaches at the function's entry and return; 0 or -errno. */
static int attach(struct uprobe_bpf *skel, int pid, const char *path, const char *function)
{
	LIBBPF_OPTS(bpf_uprobe_opts, entry, .func_name = function);
	LIBBPF_OPTS(bpf_uprobe_opts, leave, .retprobe = true, .func_name = function);

	// The return first: an entry without one would be taken for the next call's.
	skel->links.on_return = bpf_program__attach_uprobe_opts(skel->progs.on_return, pid, path, 0, &leave);
	if (!skel->links.on_return)
		return -errno;
	skel->links.on_entry = bpf_program__attach_uprobe_opts(skel->progs.on_entry, pid, path, 0, &entry);
	return skel->links.on_entry ? 0 : -errno;
}

/* Prints events until Ctrl-C; 0 or -errno. */
static int follow(struct uprobe_bpf *skel)
{
	struct ring_buffer *ring = ring_buffer__new(bpf_map__fd(skel->maps.events), print_event, NULL, NULL);
	int err = ring ? 0 : -errno;

	printf("%-8s %-16s %-18s %-18s %8s\n", "PID", "COMM", "ARGUMENT", "RESULT", "US");
	while (!exiting && err >= 0) {
		fflush(stdout);
		err = ring_buffer__poll(ring, 100 /* ms */);
	}
	ring_buffer__free(ring);
	if (skel->bss->dropped)
		fprintf(stderr, "uprobe: %llu events were lost: the ring was full\n", skel->bss->dropped);
	return exiting ? 0 : err;
}

int main(int argc, char **argv)
{
	int option, err, pid = -1;
	struct uprobe_bpf *skel;

	while ((option = getopt(argc, argv, "p:h")) != -1) {
		if (option != 'p' || atoi(optarg) <= 0) {
			fputs(usage, option == 'h' ? stdout : stderr);
			return option == 'h' ? 0 : 1;
		}
		pid = atoi(optarg);
	}
	if (argc - optind != 2) {
		fputs(usage, stderr);
		return 1;
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);

	skel = uprobe_bpf__open_and_load();
	if (!skel)
		return 1;
	err = attach(skel, pid, argv[optind], argv[optind + 1]);
	if (!err)
		err = follow(skel);
	if (err)
		fprintf(stderr, "uprobe: %s in %s: %s\n", argv[optind + 1], argv[optind], strerror(-err));
	uprobe_bpf__destroy(skel);
	return err ? 1 : 0;
}
