// Sees each packet that an interface receives.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "hits.h"

char LICENSE[] SEC("license") = "GPL";

SEC("xdp")
int see_packet(struct xdp_md *ctx)
{
	hit();
	return XDP_PASS;
}
