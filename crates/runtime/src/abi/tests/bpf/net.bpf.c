/* Programs that see traffic, and count it. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#define TCX_NEXT -1

/* All of .bss, so that its layout is known. */
struct {
	__u64 xdp, first, second, filter;
} seen = {};

SEC("xdp")
int at_xdp(struct xdp_md *packet)
{
	__sync_fetch_and_add(&seen.xdp, 1);
	return XDP_PASS;
}

SEC("tcx/ingress")
int first(struct __sk_buff *packet)
{
	__sync_fetch_and_add(&seen.first, 1);
	return TCX_NEXT;
}

SEC("tcx/ingress")
int second(struct __sk_buff *packet)
{
	/* Whether `first` ran before. */
	if (seen.first > seen.second)
		__sync_fetch_and_add(&seen.second, 1);
	return TCX_NEXT;
}

SEC("tc")
int filter(struct __sk_buff *packet)
{
	__sync_fetch_and_add(&seen.filter, 1);
	return 0;
}

SEC("netfilter")
int hook(struct bpf_nf_ctx *ctx)
{
	return 1;
}
