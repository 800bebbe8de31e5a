/* A filter that passes the first bytes of UDP datagrams to one port. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

/* All of .bss, so that its layout is known. */
struct {
	__u32 port, length;
} wanted = {};

SEC("socket")
int filter(struct __sk_buff *packet)
{
	struct {
		__u8 ip[20], source[2], port[2];
	} headers;

	/* Ethernet, then IPv4 without options. */
	if (bpf_skb_load_bytes(packet, 14, &headers, sizeof(headers)) || headers.ip[0] != 0x45 || headers.ip[9] != 17)
		return 0;
	return (headers.port[0] << 8 | headers.port[1]) == wanted.port ? wanted.length : 0;
}
