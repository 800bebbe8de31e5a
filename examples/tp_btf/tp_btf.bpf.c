// Follows signals. A BTF tracepoint gets the kernel's own structs: `task->comm` is read as in the kernel itself.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "tp_btf.h"

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} events SEC(".maps");

// Set by the guest before load: this signal only; 0 for all.
const volatile int only_signal = 0;

// Records that found no room in the ring.
unsigned long long dropped = 0;

SEC("tp_btf/signal_generate")
int BPF_PROG(on_signal, int signal, struct kernel_siginfo *info, struct task_struct *to)
{
	struct event *e;

	if (only_signal && signal != only_signal)
		return 0;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		__sync_fetch_and_add(&dropped, 1);
		return 0;
	}
	e->signal = signal;
	e->from_pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(e->from, sizeof(e->from));
	e->to_pid = to->tgid;
	__builtin_memcpy(e->to, to->comm, sizeof(e->to));
	bpf_ringbuf_submit(e, 0);
	return 0;
}
