// Protects directories of one name from removal, and prints who tried, until Ctrl-C.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "lsm.h"
#include "lsm.skel.h"

static volatile sig_atomic_t exiting;

static void on_signal(int signal)
{
	(void)signal;
	exiting = 1;
}

static int print_event(void *ctx, void *data, size_t size)
{
	const struct event *e = data;

	(void)size;
	printf("%-8d %-16s may not remove %s\n", e->pid, e->comm, (const char *)ctx);
	return 0;
}

/* Prints events until Ctrl-C; 0 or -errno. */
static int follow(struct lsm_bpf *skel, char *name)
{
	struct ring_buffer *ring = ring_buffer__new(bpf_map__fd(skel->maps.events), print_event, name, NULL);
	int err = ring ? 0 : -errno;

	printf("Directories called %s stay until Ctrl-C.\n", name);
	while (!exiting && err >= 0) {
		fflush(stdout);
		err = ring_buffer__poll(ring, 100 /* ms */);
	}
	ring_buffer__free(ring);
	if (skel->bss->dropped)
		fprintf(stderr, "lsm: %llu events were lost: the ring was full\n", skel->bss->dropped);
	return exiting ? 0 : err;
}

int main(int argc, char **argv)
{
	struct lsm_bpf *skel;
	int err;

	if (argc != 2 || strlen(argv[1]) >= NAME_LEN || !strcmp(argv[1], "-h")) {
		puts("Usage: lsm NAME\n\nKeep directories of this name (of at most 63 bytes) from being removed, until Ctrl-C.");
		return argc == 2 && !strcmp(argv[1], "-h") ? 0 : 1;
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	// What libbpf says about the load would hide the one line that matters.
	libbpf_set_print(NULL);

	skel = lsm_bpf__open();
	if (!skel)
		return 1;
	strcpy((char *)skel->rodata->protected_name, argv[1]);
	err = lsm_bpf__load(skel);
	if (!err)
		err = lsm_bpf__attach(skel);
	if (err)
		fprintf(stderr, "lsm: cannot attach to inode_rmdir: %s (this needs `--allow lsm`, and `bpf` in the kernel's /sys/kernel/security/lsm)\n",
			strerror(-err));
	else
		err = follow(skel, argv[1]);
	lsm_bpf__destroy(skel);
	return err ? 1 : 0;
}
