// Prints each file that is deleted until Ctrl-C.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "ksyscall.h"
#include "ksyscall.skel.h"

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
	printf("%-8d %-16s %4d %s\n", e->pid, e->comm, -e->result, e->path);
	return 0;
}

/* Prints events until Ctrl-C; 0 or -errno. */
static int follow(struct ksyscall_bpf *skel)
{
	struct ring_buffer *ring = ring_buffer__new(bpf_map__fd(skel->maps.events), print_event, NULL, NULL);
	int err = ring ? 0 : -errno;

	printf("%-8s %-16s %4s %s\n", "PID", "COMM", "ERR", "PATH");
	while (!exiting && err >= 0) {
		fflush(stdout);
		err = ring_buffer__poll(ring, 100 /* ms */);
	}
	ring_buffer__free(ring);
	if (skel->bss->dropped)
		fprintf(stderr, "ksyscall: %llu events were lost: the ring was full\n", skel->bss->dropped);
	return exiting ? 0 : err;
}

int main(int argc, char **argv)
{
	struct ksyscall_bpf *skel;
	int err;

	if (argc > 1) {
		puts("Usage: ksyscall\n\nPrint each file that is deleted, and each attempt that failed, until Ctrl-C.");
		return !strcmp(argv[1], "-h") ? 0 : 1;
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	// What libbpf says about its several ways to attach would hide the one line that matters.
	libbpf_set_print(NULL);

	skel = ksyscall_bpf__open_and_load();
	err = skel ? ksyscall_bpf__attach(skel) : -errno;
	if (err) {
		fprintf(stderr, "ksyscall: cannot attach to unlinkat: %s (this needs a kernel with kprobes)\n",
			strerror(-err));
		goto out;
	}
	err = follow(skel);
	if (err)
		fprintf(stderr, "ksyscall: %s\n", strerror(-err));
out:
	ksyscall_bpf__destroy(skel);
	return err ? 1 : 0;
}
