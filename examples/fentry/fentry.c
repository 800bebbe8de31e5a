// Prints each file that is deleted until Ctrl-C.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "fentry.h"
#include "fentry.skel.h"

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

/* Linux 7.0 renamed the function that deletes files: both programs follow. */
static int choose_function(struct fentry_bpf *skel)
{
	if (libbpf_find_vmlinux_btf_id("do_unlinkat", BPF_TRACE_FENTRY) > 0)
		return 0;
	if (bpf_program__set_attach_target(skel->progs.on_delete, 0, "filename_unlinkat"))
		return -errno;
	return bpf_program__set_attach_target(skel->progs.on_deleted, 0, "filename_unlinkat");
}

/* Prints events until Ctrl-C; 0 or -errno. */
static int follow(struct fentry_bpf *skel)
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
		fprintf(stderr, "fentry: %llu events were lost: the ring was full\n", skel->bss->dropped);
	return exiting ? 0 : err;
}

int main(int argc, char **argv)
{
	struct fentry_bpf *skel;
	int err;

	if (argc > 1) {
		puts("Usage: fentry\n\nPrint each file that is deleted, and each attempt that failed, until Ctrl-C.");
		return !strcmp(argv[1], "-h") ? 0 : 1;
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	// What libbpf says about its several ways to attach would hide the one line that matters.
	libbpf_set_print(NULL);

	skel = fentry_bpf__open();
	err = skel ? choose_function(skel) : -errno;
	if (!err)
		err = fentry_bpf__load(skel);
	if (!err)
		err = fentry_bpf__attach(skel);
	if (err) {
		fprintf(stderr, "fentry: cannot attach to do_unlinkat: %s (this needs a kernel with BPF trampolines)\n",
			strerror(-err));
		goto out;
	}
	err = follow(skel);
	if (err)
		fprintf(stderr, "fentry: %s\n", strerror(-err));
out:
	fentry_bpf__destroy(skel);
	return err ? 1 : 0;
}
