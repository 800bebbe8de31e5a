// Prints a network device's traffic once a second until Ctrl-C.
#include <errno.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "tc.skel.h"

/* A filter at one of the device's two hooks. */
struct filter {
	struct bpf_tc_hook hook;
	struct bpf_tc_opts opts;
	bool attached;
};

static volatile sig_atomic_t exiting;

static void on_signal(int signal)
{
	(void)signal;
	exiting = 1;
}

/* Adds a filter; one that somebody else has there stays in force. 0 or -errno. */
static int attach(struct filter *filter, int device, enum bpf_tc_attach_point point, const struct bpf_program *prog)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = device, .attach_point = point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = bpf_program__fd(prog));
	int err;

	filter->hook = hook;
	filter->opts = opts;
	err = bpf_tc_attach(&filter->hook, &filter->opts);
	filter->attached = !err;
	return err;
}

static void detach(struct filter *filter)
{
	if (!filter->attached)
		return;
	// Handle and priority, which the kernel chose, say which one; the rest has to be empty.
	filter->opts.flags = filter->opts.prog_fd = filter->opts.prog_id = 0;
	bpf_tc_detach(&filter->hook, &filter->opts);
}

static int run(struct tc_bpf *skel, int device)
{
	LIBBPF_OPTS(bpf_tc_hook, both, .ifindex = device, .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	struct filter ingress = { 0 }, egress = { 0 };
	// libbpf complains on its own of what is no error here: the device has its hooks already.
	libbpf_print_fn_t print = libbpf_set_print(NULL);
	int err = bpf_tc_hook_create(&both);
	bool ours = !err;

	libbpf_set_print(print);
	if (err && err != -EEXIST)
		return err;
	err = attach(&ingress, device, BPF_TC_INGRESS, skel->progs.on_ingress);
	if (!err)
		err = attach(&egress, device, BPF_TC_EGRESS, skel->progs.on_egress);
	if (!err)
		printf("%12s %12s %12s %12s\n", "PACKETS IN", "BYTES", "PACKETS OUT", "BYTES");
	while (!err && !exiting) {
		fflush(stdout);
		sleep(1);
		printf("%12llu %12llu %12llu %12llu\n", skel->bss->in_packets, skel->bss->in_bytes,
		       skel->bss->out_packets, skel->bss->out_bytes);
	}
	detach(&egress);
	detach(&ingress);
	// What others had before stays.
	if (ours)
		bpf_tc_hook_destroy(&both);
	return err;
}

int main(int argc, char **argv)
{
	struct tc_bpf *skel;
	unsigned device;
	int err;

	if (argc != 2 || !strcmp(argv[1], "-h")) {
		puts("Usage: tc DEVICE\n\nCount the packets that a network device receives and sends until Ctrl-C.");
		return argc == 2 ? 0 : 1;
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);

	device = if_nametoindex(argv[1]);
	if (!device) {
		fprintf(stderr, "tc: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	skel = tc_bpf__open_and_load();
	err = skel ? run(skel, device) : -errno;
	if (err)
		fprintf(stderr, "tc: %s: %s\n", argv[1], strerror(-err));
	tc_bpf__destroy(skel);
	return err ? 1 : 0;
}
