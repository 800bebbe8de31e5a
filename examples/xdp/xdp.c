// Prints once a second how many packets of each protocol a network device has received, until Ctrl-C.
#include <errno.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "xdp.h"
#include "xdp.skel.h"

static volatile sig_atomic_t exiting;

static void on_signal(int signal)
{
	(void)signal;
	exiting = 1;
}

static const char *name_of(unsigned protocol)
{
	static char number[16];

	switch (protocol) {
	case 1:
		return "ICMP";
	case 6:
		return "TCP";
	case 17:
		return "UDP";
	case 58:
		return "ICMPv6";
	case NOT_IP:
		return "not IP";
	default:
		snprintf(number, sizeof(number), "%u", protocol);
		return number;
	}
}

/* Sums up the counters of all CPUs. 0 or -errno. */
static int print_counters(int map)
{
	int cpus = libbpf_num_possible_cpus(), err = 0;
	struct counter *values = calloc(cpus, sizeof(*values));

	printf("\n%-8s %12s %12s\n", "PROTOCOL", "PACKETS", "BYTES");
	for (unsigned protocol = 0; values && !err && protocol < PROTOCOLS; protocol++) {
		struct counter sum = { 0 };

		err = bpf_map_lookup_elem(map, &protocol, values);
		for (int cpu = 0; cpu < cpus; cpu++) {
			sum.packets += values[cpu].packets;
			sum.bytes += values[cpu].bytes;
		}
		if (sum.packets)
			printf("%-8s %12llu %12llu\n", name_of(protocol), sum.packets, sum.bytes);
	}
	free(values);
	return err;
}

int main(int argc, char **argv)
{
	struct xdp_bpf *skel;
	unsigned device;
	int err = 0;

	if (argc != 2 || !strcmp(argv[1], "-h")) {
		puts("Usage: xdp DEVICE\n\nCount the packets that a network device receives, by protocol, until Ctrl-C.");
		return argc == 2 ? 0 : 1;
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);

	device = if_nametoindex(argv[1]);
	if (!device) {
		fprintf(stderr, "xdp: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	skel = xdp_bpf__open_and_load();
	if (!skel) {
		fprintf(stderr, "xdp: cannot load the BPF program: %s\n", strerror(errno));
		return 1;
	}
	skel->links.on_packet = bpf_program__attach_xdp(skel->progs.on_packet, device);
	if (!skel->links.on_packet)
		err = -errno;
	while (!err && !exiting) {
		err = print_counters(bpf_map__fd(skel->maps.counters));
		fflush(stdout);
		sleep(1);
	}
	if (!err)
		err = print_counters(bpf_map__fd(skel->maps.counters));
	if (err)
		fprintf(stderr, "xdp: %s: %s\n", argv[1], strerror(-err));
	xdp_bpf__destroy(skel);
	return err ? 1 : 0;
}
