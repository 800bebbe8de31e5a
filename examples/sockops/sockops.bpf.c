// Is called by TCP itself at the events of a cgroup's connections.
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "sockops.h"

#define AF_INET6 10

char LICENSE[] SEC("license") = "GPL";

// When connections were begun, by the sockets' cookies.
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u64);
	__type(value, u64);
} connects SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

// Set by the guest before load: whether each measured round trip is reported.
const volatile bool report_rtt = false;

// Records that found no room in the ring.
unsigned long long dropped = 0;

static void report(struct bpf_sock_ops *ops, enum kind kind, u32 connect_us)
{
	struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	u32 *local, *remote;

	if (!e) {
		__sync_fetch_and_add(&dropped, 1);
		return;
	}
	__builtin_memset(e, 0, sizeof(*e));
	local = (u32 *)e->local;
	remote = (u32 *)e->remote;
	e->kind = kind;
	e->family = ops->family == AF_INET6 ? 6 : 4;
	if (ops->family == AF_INET6) {
		// The verifier takes whole members one by one only.
		local[0] = ops->local_ip6[0];
		local[1] = ops->local_ip6[1];
		local[2] = ops->local_ip6[2];
		local[3] = ops->local_ip6[3];
		remote[0] = ops->remote_ip6[0];
		remote[1] = ops->remote_ip6[1];
		remote[2] = ops->remote_ip6[2];
		remote[3] = ops->remote_ip6[3];
	} else {
		local[0] = ops->local_ip4;
		remote[0] = ops->remote_ip4;
	}
	e->local_port = ops->local_port;
	e->remote_port = bpf_ntohl(ops->remote_port);
	e->connect_us = connect_us;
	e->rtt_us = ops->srtt_us >> 3; // kept in eighths
	bpf_ringbuf_submit(e, 0);
}

static u32 since_connect(struct bpf_sock_ops *ops)
{
	u64 cookie = bpf_get_socket_cookie(ops), now = bpf_ktime_get_ns();
	u64 *start = bpf_map_lookup_elem(&connects, &cookie);

	return start ? (now - *start) / 1000 : 0;
}

static void watch_rtt(struct bpf_sock_ops *ops)
{
	if (report_rtt)
		bpf_sock_ops_cb_flags_set(ops, BPF_SOCK_OPS_RTT_CB_FLAG);
}

SEC("sockops")
int on_event(struct bpf_sock_ops *ops)
{
	u64 cookie, now;

	switch (ops->op) {
	case BPF_SOCK_OPS_TCP_CONNECT_CB:
		cookie = bpf_get_socket_cookie(ops);
		now = bpf_ktime_get_ns();
		bpf_map_update_elem(&connects, &cookie, &now, BPF_ANY);
		break;
	case BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB:
		report(ops, ACTIVE, since_connect(ops));
		watch_rtt(ops);
		break;
	case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB:
		report(ops, PASSIVE, 0);
		watch_rtt(ops);
		break;
	case BPF_SOCK_OPS_RTT_CB:
		report(ops, RTT, 0);
		break;
	}
	return 1;
}
