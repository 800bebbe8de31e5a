/* What programs in the network's path know of packets. */
#ifndef PACKET_BPF_H
#define PACKET_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_endian.h>

/* Of an IPv4 datagram of UDP that starts at `data`: the port it is sent to. */
static inline int udp_port(void *data, void *end)
{
	struct iphdr *ip = data;
	struct udphdr *udp = (void *)(ip + 1);

	if ((void *)(udp + 1) > end || ip->protocol != IPPROTO_UDP)
		return -1;
	return bpf_ntohs(udp->dest);
}

#endif
