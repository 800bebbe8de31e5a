/* Programs of sockets: the guest's standard input is one, and in the maps. */
#include "kinds.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} sockets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_REUSEPORT_SOCKARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} receivers SEC(".maps");

/* Whichever socket of the group the kernel would take: the guest's gets it. */
SEC("sk_reuseport")
int reuseport(struct sk_reuseport_md *ctx)
{
	__u32 first = 0;

	hit(ctx->len);
	return bpf_sk_select_reuseport(ctx, &receivers, &first, 0) ? SK_DROP : SK_PASS;
}

/* A connection whose listener is gone is given to another one of the group. */
SEC("sk_reuseport/migrate")
int reuseport_migrate(struct sk_reuseport_md *ctx)
{
	if (ctx->migrating_sk)
		hit(ctx->ip_protocol);
	return SK_PASS;
}

/* What is sent is not. */
SEC("sk_msg")
int on_sk_msg(struct sk_msg_md *msg)
{
	hit(msg->size);
	return SK_DROP;
}

/* A message is as long as what came. */
SEC("sk_skb/stream_parser")
int stream_parser(struct __sk_buff *skb)
{
	return skb->len;
}

/* What comes goes back to who sent it. */
static inline int echo(struct __sk_buff *skb)
{
	hit(skb->len);
	return bpf_sk_redirect_map(skb, &sockets, 0, 0);
}

SEC("sk_skb/stream_verdict")
int stream_verdict(struct __sk_buff *skb)
{
	return echo(skb);
}

SEC("sk_skb/verdict")
int skb_verdict(struct __sk_buff *skb)
{
	return echo(skb);
}

/* Says itself where it is attached to. */
SEC("sk_skb")
int plain_verdict(struct __sk_buff *skb)
{
	return echo(skb);
}
