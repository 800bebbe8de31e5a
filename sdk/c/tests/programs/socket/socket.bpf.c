/* A filter for UDP datagrams to one port, as they come in over loopback. */
#include <linux/bpf.h>
#include <linux/if_packet.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

const volatile unsigned int port = 0;

SEC("socket")
int datagrams(struct __sk_buff *packet)
{
	unsigned char version, protocol;
	unsigned short to;

	if (packet->pkt_type != PACKET_HOST || bpf_skb_load_bytes(packet, 14, &version, 1) ||
	    bpf_skb_load_bytes(packet, 14 + 9, &protocol, 1) || bpf_skb_load_bytes(packet, 14 + 20 + 2, &to, 2))
		return 0;
	return version == 0x45 && protocol == 17 && bpf_ntohs(to) == port ? packet->len : 0;
}

SEC("raw_tp/sys_enter")
int no_filter(void *ctx)
{
	return 0;
}
