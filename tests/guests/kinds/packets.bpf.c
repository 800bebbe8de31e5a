/* A program of packet sockets: it observes, so that it needs no grant, and no map that does. */
#include "kinds.bpf.h"
#include <bpf/bpf_endian.h>

/* Lets a packet socket see the wanted datagrams only, without what follows their headers. */
SEC("socket")
int on_socket(struct __sk_buff *skb)
{
	__u16 port = 0;

	/* The headers of Ethernet and IPv4, then the ports. */
	if (bpf_skb_load_bytes(skb, 14 + 20 + 2, &port, sizeof(port)) || bpf_ntohs(port) != wanted.value)
		return 0;
	hit(skb->len);
	return 14 + 20 + 8;
}
