// Tells of each packet of UDP or TCP over IPv4 that a socket would be given, and keeps it from the socket.
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "sockfilter.h"

#define ETHERTYPE_IPV4 0x0800
#define HEADER_OF_ETHERNET 14
#define FRAGMENT_OFFSET 0x1fff

char LICENSE[] SEC("license") = "GPL";

/* Only packets with this port at one of their ends; 0: all. In network byte order. */
const volatile unsigned short wanted_port = 0;

/* Packets for which the ring buffer had no room. */
unsigned long long lost = 0;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} packets SEC(".maps");

SEC("socket")
int on_packet(struct __sk_buff *skb)
{
	unsigned int at = HEADER_OF_ETHERNET;
	unsigned short type, ports[2];
	struct packet *packet;
	struct iphdr ip;

	if (bpf_skb_load_bytes(skb, at - sizeof(type), &type, sizeof(type)) || type != bpf_htons(ETHERTYPE_IPV4))
		return 0;
	if (bpf_skb_load_bytes(skb, at, &ip, sizeof(ip)))
		return 0;
	if (ip.protocol != IPPROTO_UDP && ip.protocol != IPPROTO_TCP)
		return 0;
	/* Only the first fragment has the ports. */
	if (ip.frag_off & bpf_htons(FRAGMENT_OFFSET))
		return 0;
	if (bpf_skb_load_bytes(skb, at + ip.ihl * 4, ports, sizeof(ports)))
		return 0;
	if (wanted_port && ports[0] != wanted_port && ports[1] != wanted_port)
		return 0;

	packet = bpf_ringbuf_reserve(&packets, sizeof(*packet), 0);
	if (!packet) {
		__sync_fetch_and_add(&lost, 1);
		return 0;
	}
	packet->source = ip.saddr;
	packet->destination = ip.daddr;
	packet->source_port = ports[0];
	packet->destination_port = ports[1];
	packet->length = bpf_ntohs(ip.tot_len);
	packet->interface = skb->ifindex;
	packet->protocol = ip.protocol;
	packet->direction = skb->pkt_type;
	bpf_ringbuf_submit(packet, 0);
	return 0;
}
