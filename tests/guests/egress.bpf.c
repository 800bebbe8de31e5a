// Sees each packet that a cgroup sends.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "hits.h"

char LICENSE[] SEC("license") = "GPL";

SEC("cgroup_skb/egress")
int see_egress(struct __sk_buff *ctx)
{
	hit();
	return 1;
}
