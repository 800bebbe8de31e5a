// Counts the traffic of a cgroup: of the sockets that its processes have made.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#define PASS 1

unsigned long long in_packets = 0, in_bytes = 0, out_packets = 0, out_bytes = 0;

SEC("cgroup_skb/ingress")
int on_ingress(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&in_packets, 1);
	__sync_fetch_and_add(&in_bytes, skb->len);
	return PASS;
}

SEC("cgroup_skb/egress")
int on_egress(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&out_packets, 1);
	__sync_fetch_and_add(&out_bytes, skb->len);
	return PASS;
}
