/* Programs of a cgroup. What they forbid fails with EPERM there. */
#include "kinds.bpf.h"
#include <bpf/bpf_endian.h>

#define PACKET(name, section, verdict)                                                             \
	SEC(section)                                                                               \
	int name(struct __sk_buff *skb)                                                            \
	{                                                                                          \
		hit(skb->len);                                                                     \
		return verdict;                                                                    \
	}

PACKET(cgroup_skb_ingress, "cgroup_skb/ingress", 1)
PACKET(cgroup_skb_egress, "cgroup_skb/egress", 0)
PACKET(cgroup_skb, "cgroup/skb", 1)

/* A socket's life; `field` is what is seen of it. */
#define SOCKET(name, field, verdict)                                                               \
	SEC("cgroup/" #name)                                                                       \
	int name(struct bpf_sock *socket)                                                          \
	{                                                                                          \
		hit(socket->field);                                                                \
		return verdict;                                                                    \
	}

SOCKET(sock, type, 0)
SOCKET(sock_create, family, 0)
SOCKET(sock_release, family, 1)
SOCKET(post_bind4, src_port, 0)
SOCKET(post_bind6, src_port, 0)

/* Calls that name an address: its port is seen, and the wanted one put in its place. */
#define PORT(name)                                                                                 \
	SEC("cgroup/" #name)                                                                       \
	int name(struct bpf_sock_addr *address)                                                    \
	{                                                                                          \
		hit(bpf_ntohs(address->user_port));                                                \
		address->user_port = bpf_htons(wanted.value);                                      \
		return 1;                                                                          \
	}

PORT(bind4)
PORT(bind6)
PORT(connect4)
PORT(connect6)
PORT(sendmsg4)
PORT(sendmsg6)
PORT(recvmsg4)
PORT(recvmsg6)
PORT(getsockname4)
PORT(getsockname6)
PORT(getpeername4)
PORT(getpeername6)

/* Stands before bind4: what that says counts. */
SEC("cgroup/bind4")
int bind4_first(struct bpf_sock_addr *address)
{
	hit(bpf_ntohs(address->user_port));
	address->user_port = bpf_htons(2);
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
	return hit(1) || 1;
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
