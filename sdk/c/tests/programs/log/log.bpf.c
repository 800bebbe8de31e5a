/* A program that the verifier refuses, and one that it takes. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("socket")
int good(struct __sk_buff *packet)
{
	return packet->len > 100;
}

SEC("socket")
int bad(struct __sk_buff *packet)
{
	return *(volatile int *)(long)packet->len;
}
