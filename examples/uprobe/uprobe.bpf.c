// Looks at a function of user space: its first argument, its result, and the time between.
// Where it is attached is said by the guest: the sections name no function.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "uprobe.h"

char LICENSE[] SEC("license") = "GPL";

struct call {
	u64 start;
	u64 argument;
};

// Calls that threads are in; of a recursion the innermost.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, u32);
	__type(value, struct call);
} calls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

// Records that found no room in the ring.
unsigned long long dropped = 0;

SEC("uprobe")
int BPF_KPROBE(on_entry, unsigned long argument)
{
	struct call call = { .start = bpf_ktime_get_ns(), .argument = argument };
	u32 tid = bpf_get_current_pid_tgid();

	bpf_map_update_elem(&calls, &tid, &call, BPF_ANY);
	return 0;
}

SEC("uretprobe")
int BPF_KRETPROBE(on_return, unsigned long result)
{
	u64 id = bpf_get_current_pid_tgid(), now = bpf_ktime_get_ns();
	struct call *call;
	struct event *e;
	u32 tid = id;

	call = bpf_map_lookup_elem(&calls, &tid);
	if (!call)
		return 0;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (e) {
		e->pid = id >> 32;
		bpf_get_current_comm(e->comm, sizeof(e->comm));
		e->argument = call->argument;
		e->result = result;
		e->duration_ns = now - call->start;
		bpf_ringbuf_submit(e, 0);
	} else {
		__sync_fetch_and_add(&dropped, 1);
	}
	bpf_map_delete_elem(&calls, &tid);
	return 0;
}
