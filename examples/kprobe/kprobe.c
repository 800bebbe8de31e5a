// Prints each file that is deleted until Ctrl-C.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "kprobe.h"
#include "kprobe.skel.h"

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

/* Attaches at the function that deletes files, which Linux 7.0 renamed; 0 or -errno. */
static int attach(struct kprobe_bpf *skel)
{
	static const char *const names[] = { "do_unlinkat", "filename_unlinkat" };

	for (int i = 0; i < 2; i++) {
		skel->links.on_deleted = bpf_program__attach_kprobe(skel->progs.on_deleted, true, names[i]);
		if (!skel->links.on_deleted)
			continue;
		skel->links.on_delete = bpf_program__attach_kprobe(skel->progs.on_delete, false, names[i]);
		return skel->links.on_delete ? 0 : -errno;
	}
	return -errno;
}

/* Prints events until Ctrl-C; 0 or -errno. */
static int follow(struct kprobe_bpf *skel)
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
		fprintf(stderr, "kprobe: %llu events were lost: the ring was full\n", skel->bss->dropped);
	return exiting ? 0 : err;
}

int main(int argc, char **argv)
{
	struct kprobe_bpf *skel;
	int err;

	if (argc > 1) {
		puts("Usage: kprobe\n\nPrint each file that is deleted, and each attempt that failed, until Ctrl-C.");
		return !strcmp(argv[1], "-h") ? 0 : 1;
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	// What libbpf says about its several ways to attach would hide the one line that matters.
	libbpf_set_print(NULL);

	skel = kprobe_bpf__open_and_load();
	err = skel ? attach(skel) : -errno;
	if (err) {
		fprintf(stderr, "kprobe: cannot attach to do_unlinkat: %s (this needs a kernel with kprobes)\n",
			strerror(-err));
		goto out;
	}
	err = follow(skel);
	if (err)
		fprintf(stderr, "kprobe: %s\n", strerror(-err));
out:
	kprobe_bpf__destroy(skel);
	return err ? 1 : 0;
}
