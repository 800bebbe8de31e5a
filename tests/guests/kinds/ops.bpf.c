/* Kernel interfaces implemented by BPF programs. */
#include "kinds.bpf.h"

static inline struct tcp_sock *tcp(struct sock *sk)
{
	return (struct tcp_sock *)sk;
}

SEC("struct_ops")
void BPF_PROG(start, struct sock *sk)
{
	hit(tcp(sk)->snd_cwnd);
}

SEC("struct_ops")
__u32 BPF_PROG(ssthresh, struct sock *sk)
{
	return tcp(sk)->snd_cwnd / 2 + 2;
}

SEC("struct_ops")
void BPF_PROG(avoid, struct sock *sk, __u32 ack, __u32 acked)
{
}

SEC("struct_ops")
__u32 BPF_PROG(undo, struct sock *sk)
{
	return tcp(sk)->snd_cwnd;
}

SEC(".struct_ops")
struct tcp_congestion_ops wb_congestion = {
	.init = (void *)start,
	.ssthresh = (void *)ssthresh,
	.cong_avoid = (void *)avoid,
	.undo_cwnd = (void *)undo,
	.name = "wb_congestion",
};
