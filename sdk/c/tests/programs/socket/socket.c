/* Packet sockets: filters, packets read in all ways, failures. The argument: a port to which somebody sends "hello". */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "socket.skel.h"

static const char *reason(int result)
{
	return result < 0 ? strerror(errno) : "fine";
}

static int bind_to(int sock, unsigned short family, int interface)
{
	struct sockaddr_ll address;

	memset(&address, 0, sizeof(address));
	address.sll_family = family;
	address.sll_protocol = htons(ETH_P_IP);
	address.sll_ifindex = interface;
	return bind(sock, (struct sockaddr *)&address, sizeof(address));
}

static void failures(int sock, int wrong)
{
	struct pollfd nothing = { .fd = sock, .events = POLLIN };
	struct sockaddr_ll address;
	char byte;

	printf("nowhere: %s\n", reason(bind_to(sock, AF_PACKET, 999999)));
	printf("family: %s\n", reason(bind_to(sock, AF_INET, 1)));
	printf("short: %s\n", reason(bind(sock, (struct sockaddr *)&address, 8)));
	printf("program: %s\n", reason(setsockopt(sock, SOL_SOCKET, SO_ATTACH_BPF, &wrong, sizeof(wrong))));
	printf("size: %s\n", reason(setsockopt(sock, SOL_SOCKET, SO_ATTACH_BPF, &wrong, 2)));
	printf("detach: %s\n", reason(setsockopt(sock, SOL_SOCKET, SO_DETACH_BPF, &wrong, sizeof(wrong))));
	printf("empty: %s\n", reason(recv(sock, &byte, 1, MSG_DONTWAIT)));
	printf("time over: %d\n", poll(&nothing, 1, 10));
	nothing.events = 0;
	printf("nothing wanted: %d\n", poll(&nothing, 1, 10));
}

static void show(const char *how, const unsigned char *packet, ssize_t length)
{
	printf("%s: %zd bytes, `%.5s`\n", how, length, (const char *)packet + 14 + 20 + 8);
}

static void packets(int sock, int filter)
{
	struct pollfd ready[2] = { { .fd = -1, .events = POLLIN }, { .fd = sock, .events = POLLIN } };
	struct tpacket_stats counted;
	struct sockaddr_ll from;
	socklen_t size = sizeof(from);
	unsigned char packet[256] = { 0 };
	ssize_t length;

	printf("attached: %s\n", reason(setsockopt(sock, SOL_SOCKET, SO_ATTACH_BPF, &filter, sizeof(filter))));
	printf("bound: %s\n", reason(bind_to(sock, AF_PACKET, if_nametoindex("lo"))));
	show("read", packet, read(sock, packet, sizeof(packet)));
	length = recv(sock, packet, sizeof(packet), MSG_PEEK);
	show("peeked", packet, length);
	show("received", packet, recv(sock, packet, sizeof(packet), 0));
	printf("poll: %d, %d, %d\n", poll(ready, 2, -1), ready[0].revents, ready[1].revents == POLLIN);
	length = recvfrom(sock, packet, 10, MSG_TRUNC, (struct sockaddr *)&from, &size);
	printf("from: %zd bytes, %u of family %d, interface %d, kind %d, protocol %x\n", length, size, from.sll_family,
	       from.sll_ifindex == (int)if_nametoindex("lo"), from.sll_pkttype, ntohs(from.sll_protocol));
	printf("cut: %zd\n", recv(sock, packet, 10, 0));
	size = sizeof(counted);
	length = getsockopt(sock, SOL_PACKET, PACKET_STATISTICS, &counted, &size);
	printf("statistics: %s, %u bytes, packets %d, lost %u\n", reason(length), size, counted.tp_packets >= 4,
	       counted.tp_drops);
	printf("detached: %s\n", reason(setsockopt(sock, SOL_SOCKET, SO_DETACH_BPF, &filter, sizeof(filter))));
	printf("closed: %s\n", reason(close(sock)));
	printf("again: %s\n", reason(close(sock)));
}

int main(int argc, char **argv)
{
	int sock = socket(PF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	struct socket_bpf *skel = socket_bpf__open();

	if (argc < 2 || !skel)
		return 1;
	skel->rodata->port = (unsigned)atoi(argv[1]);
	if (socket_bpf__load(skel))
		return 1;
	printf("opened: %s\n", reason(sock));
	failures(sock, bpf_program__fd(skel->progs.no_filter));
	packets(sock, bpf_program__fd(skel->progs.datagrams));
	socket_bpf__destroy(skel);
	return 0;
}
