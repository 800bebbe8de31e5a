/* Programs in the network's path: each drops, changes or moves what the test sends. */
#include "kinds.bpf.h"
#include "packet.bpf.h"

#define TC_ACT_OK 0
#define TC_ACT_SHOT 2
#define TCX_NEXT -1

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

#define TC(name, section, next)                                                                    \
	SEC(section)                                                                               \
	int name(struct __sk_buff *skb)                                                            \
	{                                                                                          \
		return tc_verdict(skb, next);                                                      \
	}

TC(on_tc, "tc", TC_ACT_OK)
TC(on_classifier, "classifier", TC_ACT_OK)
TC(on_action, "action", TC_ACT_OK)
TC(tcx_ingress, "tcx/ingress", TCX_NEXT)
TC(tcx_egress, "tcx/egress", TCX_NEXT)
TC(tc_ingress, "tc/ingress", TCX_NEXT)
TC(tc_egress, "tc/egress", TCX_NEXT)
/* NETKIT_NEXT and NETKIT_DROP are the same as tcx's. */
TC(netkit, "netkit/primary", TCX_NEXT)
TC(netkit_peer, "netkit/peer", TCX_NEXT)

/* Stands before tcx_ingress, and leaves nothing to it. */
SEC("tcx/ingress")
int tcx_first(struct __sk_buff *skb)
{
	if (tc_verdict(skb, TCX_NEXT) == TC_ACT_SHOT)
		result.seen = 1;
	return TC_ACT_OK;
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

/* Routes' programs: a packet that takes the route goes no further. */
#define ROUTE(name, section)                                                                       \
	SEC(section)                                                                               \
	int name(struct __sk_buff *skb)                                                            \
	{                                                                                          \
		hit(skb->len);                                                                     \
		return BPF_DROP;                                                                   \
	}

ROUTE(on_lwt_in, "lwt_in")
ROUTE(on_lwt_out, "lwt_out")
ROUTE(on_lwt_xmit, "lwt_xmit")
ROUTE(on_seg6local, "lwt_seg6local")
