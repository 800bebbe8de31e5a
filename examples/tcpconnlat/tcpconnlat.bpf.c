// Measures how long TCP connections take to be made, by the sockets' changes of state.
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "tcpconnlat.h"

#define AF_INET 2
#define AF_INET6 10

char LICENSE[] SEC("license") = "GPL";

struct connect {
	u64 start;
	int pid;
	char comm[TASK_COMM_LEN];
};

// Connections that wait for an answer. Only at the start the current process is the one that connects.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, u64);
	__type(value, struct connect);
} connects SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

// Set by the guest before load: only what took at least so long.
const volatile unsigned long long min_ns = 0;

// Records that found no room in the ring.
unsigned long long dropped = 0;

static void begin(u64 key)
{
	struct connect connect = { .start = bpf_ktime_get_ns(), .pid = bpf_get_current_pid_tgid() >> 32 };

	bpf_get_current_comm(connect.comm, sizeof(connect.comm));
	bpf_map_update_elem(&connects, &key, &connect, BPF_ANY);
}

static void report(struct sock *sk, const struct connect *connect, u64 latency_ns, bool refused)
{
	struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (!e) {
		__sync_fetch_and_add(&dropped, 1);
		return;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->pid = connect->pid;
	__builtin_memcpy(e->comm, connect->comm, sizeof(e->comm));
	if (sk->__sk_common.skc_family == AF_INET6) {
		e->family = 6;
		BPF_CORE_READ_INTO(&e->local, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&e->remote, sk, __sk_common.skc_v6_daddr);
	} else {
		e->family = 4;
		*(u32 *)e->local = sk->__sk_common.skc_rcv_saddr;
		*(u32 *)e->remote = sk->__sk_common.skc_daddr;
	}
	e->remote_port = bpf_ntohs(sk->__sk_common.skc_dport);
	e->refused = refused;
	e->latency_ns = latency_ns;
	bpf_ringbuf_submit(e, 0);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_state, const struct sock *socket, int before, int after)
{
	struct sock *sk = (struct sock *)socket;
	u64 key = (u64)sk, now = bpf_ktime_get_ns();
	struct connect *connect;

	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	if (after == TCP_SYN_SENT) {
		begin(key);
		return 0;
	}
	if (before != TCP_SYN_SENT)
		return 0;
	connect = bpf_map_lookup_elem(&connects, &key);
	if (!connect)
		return 0;
	if (now - connect->start >= min_ns)
		report(sk, connect, now - connect->start, after != TCP_ESTABLISHED);
	bpf_map_delete_elem(&connects, &key);
	return 0;
}
