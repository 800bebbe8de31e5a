/* Programs of a cgroup. What they forbid fails with EPERM there. */
#include "kinds.bpf.h"
#include <bpf/bpf_endian.h>

SEC("cgroup_skb/ingress")
int cgroup_skb_ingress(struct __sk_buff *skb)
{
	hit(skb->len);
	return 1;
}

SEC("cgroup_skb/egress")
int cgroup_skb_egress(struct __sk_buff *skb)
{
	hit(skb->len);
	return 0;
}

SEC("cgroup/sock_create")
int sock_create(struct bpf_sock *sock)
{
	hit(sock->family);
	return 0;
}

SEC("cgroup/sock_release")
int sock_release(struct bpf_sock *sock)
{
	hit(sock->family);
	return 1;
}

SEC("cgroup/post_bind4")
int post_bind4(struct bpf_sock *sock)
{
	hit(sock->src_port);
	return 0;
}

SEC("cgroup/bind4")
int bind4(struct bpf_sock_addr *address)
{
	hit(bpf_ntohs(address->user_port));
	/* To the port that the test wants. */
	address->user_port = bpf_htons(wanted.value);
	return 1;
}

SEC("cgroup/connect4")
int connect4(struct bpf_sock_addr *address)
{
	hit(bpf_ntohs(address->user_port));
	address->user_port = bpf_htons(wanted.value);
	return 1;
}

SEC("cgroup/sendmsg4")
int sendmsg4(struct bpf_sock_addr *address)
{
	hit(bpf_ntohs(address->user_port));
	address->user_port = bpf_htons(wanted.value);
	return 1;
}

SEC("cgroup/getsockname4")
int getsockname4(struct bpf_sock_addr *address)
{
	hit(bpf_ntohs(address->user_port));
	address->user_port = bpf_htons(wanted.value);
	return 1;
}

/* As if the option IPPROTO_IP, 4242 existed. */
SEC("cgroup/getsockopt")
int getsockopt(struct bpf_sockopt *option)
{
	int *value = option->optval;

	if (option->level != 0 || option->optname != 4242 || (void *)(value + 1) > option->optval_end)
		return 1;
	*value = wanted.value;
	option->optlen = sizeof(*value);
	option->retval = 0;
	return hit(0) || 1;
}

SEC("cgroup/setsockopt")
int setsockopt(struct bpf_sockopt *option)
{
	if (option->level != 0 || option->optname != 4242)
		return 1;
	/* The kernel does not see it. */
	option->optlen = -1;
	return hit(0) || 1;
}

SEC("cgroup/sysctl")
int sysctl(struct bpf_sysctl *sysctl)
{
	hit(sysctl->write);
	return 0;
}

SEC("cgroup/dev")
int device(struct bpf_cgroup_dev_ctx *device)
{
	/* /dev/zero */
	if (device->major != 1 || device->minor != 5)
		return 1;
	hit(device->minor);
	return 0;
}

SEC("sockops")
int on_sockops(struct bpf_sock_ops *ops)
{
	/* An active connection was established. */
	if (ops->op == BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB)
		hit(bpf_ntohl(ops->remote_port));
	return 1;
}
