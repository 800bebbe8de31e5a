/* Programs in the network's path: each drops, changes or moves what the test sends. */
#include "kinds.bpf.h"
#include <bpf/bpf_endian.h>

#define TC_ACT_OK 0
#define TC_ACT_SHOT 2
#define TCX_NEXT -1

/* Of an IPv4 datagram of UDP that starts at `data`: the port it is sent to. */
static inline int udp_port(void *data, void *end)
{
	struct iphdr *ip = data;
	struct udphdr *udp = (void *)(ip + 1);

	if ((void *)(udp + 1) > end || ip->protocol != IPPROTO_UDP)
		return -1;
	return bpf_ntohs(udp->dest);
}

static inline int xdp_verdict(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	if (udp_port(data + sizeof(struct ethhdr), end) != wanted.value)
		return XDP_PASS;
	hit(end - data);
	return XDP_DROP;
}

SEC("xdp")
int on_xdp(struct xdp_md *ctx)
{
	return xdp_verdict(ctx);
}

SEC("xdp.frags")
int xdp_frags(struct xdp_md *ctx)
{
	return xdp_verdict(ctx);
}

static inline int tc_verdict(struct __sk_buff *skb, int next)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;

	if (udp_port(data + sizeof(struct ethhdr), end) != wanted.value)
		return next;
	hit(skb->len);
	return TC_ACT_SHOT;
}

SEC("tc")
int on_tc(struct __sk_buff *skb)
{
	return tc_verdict(skb, TC_ACT_OK);
}

SEC("tcx/ingress")
int tcx_ingress(struct __sk_buff *skb)
{
	return tc_verdict(skb, TCX_NEXT);
}

SEC("tcx/egress")
int tcx_egress(struct __sk_buff *skb)
{
	return tc_verdict(skb, TCX_NEXT);
}

SEC("netkit/primary")
int netkit(struct __sk_buff *skb)
{
	/* NETKIT_NEXT and NETKIT_DROP are the same as tcx's. */
	return tc_verdict(skb, TCX_NEXT);
}

SEC("netfilter")
int on_netfilter(struct bpf_nf_ctx *ctx)
{
	struct sk_buff *skb = ctx->skb;
	struct iphdr *ip = (struct iphdr *)(BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header));
	struct udphdr *udp = (struct udphdr *)(ip + 1);
	__u16 port;

	if (BPF_CORE_READ(ip, protocol) != IPPROTO_UDP)
		return 1;
	port = BPF_CORE_READ(udp, dest);
	if (bpf_ntohs(port) != wanted.value)
		return 1;
	hit(BPF_CORE_READ(skb, len));
	return 0;
}

/* Knows no packet's flow. */
SEC("flow_dissector")
int on_flow_dissector(struct __sk_buff *skb)
{
	hit(skb->flow_keys->n_proto);
	return BPF_DROP;
}

SEC("sk_lookup")
int on_sk_lookup(struct bpf_sk_lookup *ctx)
{
	if (ctx->local_port != wanted.value)
		return SK_PASS;
	hit(ctx->local_port);
	return SK_DROP;
}

SEC("lwt_xmit")
int on_lwt_xmit(struct __sk_buff *skb)
{
	hit(skb->len);
	return BPF_DROP;
}
