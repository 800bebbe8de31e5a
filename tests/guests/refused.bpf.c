// Reads beyond its context, which the verifier refuses.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "hits.h"

char LICENSE[] SEC("license") = "GPL";

SEC("socket")
int read_too_far(struct __sk_buff *skb)
{
	hit();
	return *(volatile int *)((char *)skb + 4096);
}
