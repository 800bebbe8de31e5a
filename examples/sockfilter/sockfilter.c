// Prints the packets of UDP and TCP that an interface receives and sends, until Ctrl-C.
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "sockfilter.h"
#include "sockfilter.skel.h"

static volatile sig_atomic_t exiting;

static void on_signal(int signal)
{
	(void)signal;
	exiting = 1;
}

static int on_packet(void *ctx, void *data, size_t size)
{
	const struct packet *packet = data;
	char source[INET_ADDRSTRLEN], destination[INET_ADDRSTRLEN], interface[IF_NAMESIZE], ends[64], now[16];
	time_t seconds = time(NULL);

	(void)ctx;
	if (size < sizeof(*packet))
		return 0;
	strftime(now, sizeof(now), "%H:%M:%S", localtime(&seconds));
	if (!if_indextoname(packet->interface, interface))
		snprintf(interface, sizeof(interface), "%u", packet->interface);
	inet_ntop(AF_INET, &packet->source, source, sizeof(source));
	inet_ntop(AF_INET, &packet->destination, destination, sizeof(destination));
	snprintf(ends, sizeof(ends), "%s:%u -> %s:%u", source, ntohs(packet->source_port), destination,
		 ntohs(packet->destination_port));
	printf("%-8s %-10s %-3s %-5s %6u  %s\n", now, interface, packet->direction == PACKET_OUTGOING ? "out" : "in",
	       packet->protocol == IPPROTO_TCP ? "TCP" : "UDP", packet->length, ends);
	fflush(stdout);
	return 0;
}

/* A socket that listens at one interface. -1 and errno. */
static int open_socket(unsigned interface)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = interface,
	};
	/* No protocol, so no packet, before it is bound. */
	int sock = socket(PF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (sock >= 0 && bind(sock, (struct sockaddr *)&address, sizeof(address))) {
		int err = errno;

		close(sock);
		errno = err;
		return -1;
	}
	return sock;
}

int main(int argc, char **argv)
{
	const char *name = "lo";
	unsigned interface, port = 0;
	struct ring_buffer *ring = NULL;
	struct sockfilter_bpf *skel;
	int err = 0, opt, sock = -1, filter;

	while ((opt = getopt(argc, argv, "p:h")) != -1) {
		if (opt == 'p')
			port = strtoul(optarg, NULL, 10);
		if (opt != 'p' || !port || port > 65535) {
			puts("Usage: sockfilter [-p PORT] [INTERFACE]\n\nPrint the packets of UDP and TCP over IPv4 that an "
			     "interface (lo) receives and sends,\nuntil Ctrl-C. -p: only those from or to a port.");
			return opt != 'h';
		}
	}
	if (optind < argc)
		name = argv[optind];
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);

	interface = if_nametoindex(name);
	if (!interface) {
		fprintf(stderr, "sockfilter: %s: %s\n", name, strerror(errno));
		return 1;
	}
	skel = sockfilter_bpf__open();
	if (!skel) {
		fprintf(stderr, "sockfilter: cannot open the BPF program: %s\n", strerror(errno));
		return 1;
	}
	skel->rodata->wanted_port = htons(port);
	err = sockfilter_bpf__load(skel);
	if (err)
		goto cleanup;
	ring = ring_buffer__new(bpf_map__fd(skel->maps.packets), on_packet, NULL, NULL);
	sock = ring ? open_socket(interface) : -1;
	filter = bpf_program__fd(skel->progs.on_packet);
	if (sock < 0 || setsockopt(sock, SOL_SOCKET, SO_ATTACH_BPF, &filter, sizeof(filter))) {
		err = -errno;
		goto cleanup;
	}

	printf("%-8s %-10s %-3s %-5s %6s  %s\n", "TIME", "INTERFACE", "WAY", "PROTO", "BYTES", "FROM -> TO");
	fflush(stdout);
	while (!exiting && err >= 0)
		err = ring_buffer__poll(ring, -1);
	if (err == -EINTR)
		err = 0;
	if (skel->bss->lost)
		fprintf(stderr, "sockfilter: %llu packets were lost: the ring buffer was full\n", skel->bss->lost);
cleanup:
	if (err < 0)
		fprintf(stderr, "sockfilter: %s: %s\n", name, strerror(-err));
	if (sock >= 0)
		close(sock);
	ring_buffer__free(ring);
	sockfilter_bpf__destroy(skel);
	return err < 0;
}
