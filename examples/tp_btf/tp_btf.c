// Prints who sends which signal to whom until Ctrl-C.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "tp_btf.h"
#include "tp_btf.skel.h"

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
	printf("%-8d %-16s %-8d %-16s %d %s\n", e->from_pid, e->from, e->to_pid, e->to, e->signal,
	       strsignal(e->signal));
	return 0;
}

int main(int argc, char **argv)
{
	struct ring_buffer *ring = NULL;
	struct tp_btf_bpf *skel;
	int err;

	if (argc > 2 || (argc == 2 && atoi(argv[1]) <= 0)) {
		puts("Usage: tp_btf [NUMBER]\n\nPrint who sends a signal to whom, any or the one with this number, until Ctrl-C.");
		return argc == 2 && !strcmp(argv[1], "-h") ? 0 : 1;
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);

	skel = tp_btf_bpf__open();
	if (!skel)
		return 1;
	skel->rodata->only_signal = argc == 2 ? atoi(argv[1]) : 0;
	err = tp_btf_bpf__load(skel);
	if (!err)
		err = tp_btf_bpf__attach(skel);
	if (err)
		goto out;
	ring = ring_buffer__new(bpf_map__fd(skel->maps.events), print_event, NULL, NULL);
	if (!ring) {
		err = -errno;
		goto out;
	}
	printf("%-8s %-16s %-8s %-16s %s\n", "FROM", "COMM", "TO", "COMM", "SIGNAL");
	while (!exiting && err >= 0) {
		fflush(stdout);
		err = ring_buffer__poll(ring, 100 /* ms */);
	}
	if (exiting)
		err = 0;
	if (skel->bss->dropped)
		fprintf(stderr, "tp_btf: %llu events were lost: the ring was full\n", skel->bss->dropped);
out:
	if (err)
		fprintf(stderr, "tp_btf: %s\n", strerror(-err));
	ring_buffer__free(ring);
	tp_btf_bpf__destroy(skel);
	return err ? 1 : 0;
}
