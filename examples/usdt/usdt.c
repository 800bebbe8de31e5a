// Prints each pass over a USDT probe until Ctrl-C.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "usdt.h"
#include "usdt.skel.h"

static const char usage[] =
	"Usage: usdt [-p PID] PATH PROVIDER PROBE\n"
	"\n"
	"Print the arguments of a USDT probe in a program or library each time that it is\n"
	"passed, until Ctrl-C. `readelf -n PATH` lists the probes.\n"
	"\n"
	"  -p PID  in this process only\n"
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
	printf("%-8d %-16s", e->pid, e->comm);
	for (int i = 0; i < e->count && i < MAX_ARGS; i++)
		printf(" %lld", e->args[i]);
	putchar('\n');
	return 0;
}

/* Prints events until Ctrl-C; 0 or -errno. */
static int follow(struct usdt_bpf *skel)
{
	struct ring_buffer *ring = ring_buffer__new(bpf_map__fd(skel->maps.events), print_event, NULL, NULL);
	int err = ring ? 0 : -errno;

	printf("%-8s %-16s %s\n", "PID", "COMM", "ARGUMENTS");
	while (!exiting && err >= 0) {
		fflush(stdout);
		err = ring_buffer__poll(ring, 100 /* ms */);
	}
	ring_buffer__free(ring);
	if (skel->bss->dropped)
		fprintf(stderr, "usdt: %llu events were lost: the ring was full\n", skel->bss->dropped);
	return exiting ? 0 : err;
}

int main(int argc, char **argv)
{
	int option, err, pid = -1;
	struct usdt_bpf *skel;
	char **target;

	while ((option = getopt(argc, argv, "p:h")) != -1) {
		if (option != 'p' || atoi(optarg) <= 0) {
			fputs(usage, option == 'h' ? stdout : stderr);
			return option == 'h' ? 0 : 1;
		}
		pid = atoi(optarg);
	}
	if (argc - optind != 3) {
		fputs(usage, stderr);
		return 1;
	}
	target = argv + optind;
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);

	skel = usdt_bpf__open_and_load();
	if (!skel)
		return 1;
	skel->links.on_probe = bpf_program__attach_usdt(skel->progs.on_probe, pid, target[0], target[1], target[2], NULL);
	err = skel->links.on_probe ? follow(skel) : -errno;
	if (err)
		fprintf(stderr, "usdt: %s:%s in %s: %s\n", target[1], target[2], target[0], strerror(-err));
	usdt_bpf__destroy(skel);
	return err ? 1 : 0;
}
