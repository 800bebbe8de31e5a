// Reads the arguments of execve(2) from the caller's memory.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "execve.h"

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1024 * 1024);
} events SEC(".maps");

// Set by the guest before load.
const volatile bool filter_uid = false;
const volatile uid_t only_uid = 0;

// Records that found no room in the ring.
unsigned long long dropped = 0;

static void read_args(struct event *e, const char *const *argv)
{
	u64 at = 0;

	e->args_len = 0;
	e->more = false;
	for (int i = 0; i <= MAX_ARGS; i++) {
		const char *arg = NULL;
		long len;

		bpf_probe_read_user(&arg, sizeof(arg), &argv[i]);
		if (!arg)
			return;
		// Where the longest argument would not fit any more; the verifier wants to see it of what is added below, too.
		barrier_var(at);
		if (i == MAX_ARGS || at > ARGS_LEN - ARG_LEN)
			break;
		len = bpf_probe_read_user_str(&e->args[at], ARG_LEN, arg);
		if (len < 0)
			break;
		// Kernels before 6.13 say 0 for an empty string; its NUL is there. Without a branch: the verifier
		// would follow both ways of each argument.
		barrier_var(len);
		len += (u64)(len - 1) >> 63;
		if (len == ARG_LEN)
			e->more = true;
		at += len;
		e->args_len = at;
	}
	e->more = true;
}

SEC("tp/syscalls/sys_enter_execve")
int on_execve(struct trace_event_raw_sys_enter *ctx)
{
	uid_t uid = (u32)bpf_get_current_uid_gid();
	struct event *e;

	if (filter_uid && uid != only_uid)
		return 0;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		__sync_fetch_and_add(&dropped, 1);
		return 0;
	}
	e->pid = bpf_get_current_pid_tgid() >> 32;
	e->uid = uid;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	read_args(e, (const char *const *)ctx->args[1]);
	bpf_ringbuf_submit(e, 0);
	return 0;
}
