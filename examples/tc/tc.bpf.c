// Counts what a network device sends and receives, at the hooks of traffic control.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define TC_ACT_OK 0

char LICENSE[] SEC("license") = "GPL";

unsigned long long in_packets = 0, in_bytes = 0, out_packets = 0, out_bytes = 0;

SEC("tc")
int on_ingress(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&in_packets, 1);
	__sync_fetch_and_add(&in_bytes, skb->len);
	return TC_ACT_OK;
}

SEC("tc")
int on_egress(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&out_packets, 1);
	__sync_fetch_and_add(&out_bytes, skb->len);
	return TC_ACT_OK;
}
