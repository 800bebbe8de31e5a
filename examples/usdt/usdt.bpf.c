// Reads the arguments of a USDT probe, a mark that a program's author left for tracers.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/usdt.bpf.h>

#include "usdt.h"

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

// Records that found no room in the ring.
unsigned long long dropped = 0;

SEC("usdt")
int on_probe(struct pt_regs *ctx)
{
	struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (!e) {
		__sync_fetch_and_add(&dropped, 1);
		return 0;
	}
	e->pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	e->count = bpf_usdt_arg_cnt(ctx);
	for (int i = 0; i < MAX_ARGS; i++) {
		long value = 0;

		if (i < e->count)
			bpf_usdt_arg(ctx, i, &value);
		e->args[i] = value;
	}
	bpf_ringbuf_submit(e, 0);
	return 0;
}
