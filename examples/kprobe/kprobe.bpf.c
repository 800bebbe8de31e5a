// Watches the kernel function that deletes a file: its arguments at the entry, its result at the return.
// Where it is attached is said by the guest: the function has two names.
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "kprobe.h"

char LICENSE[] SEC("license") = "GPL";

// Deletions that threads are in.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, struct event);
} deletions SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

// Records that found no room in the ring.
unsigned long long dropped = 0;

SEC("kprobe")
int BPF_KPROBE(on_delete, int dfd, struct filename *name)
{
	u64 id = bpf_get_current_pid_tgid();
	struct event event = { .pid = id >> 32 };
	u32 tid = id;

	bpf_get_current_comm(event.comm, sizeof(event.comm));
	bpf_probe_read_kernel_str(event.path, sizeof(event.path), BPF_CORE_READ(name, name));
	bpf_map_update_elem(&deletions, &tid, &event, BPF_ANY);
	return 0;
}

SEC("kretprobe")
int BPF_KRETPROBE(on_deleted, int result)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct event *event = bpf_map_lookup_elem(&deletions, &tid);

	if (!event)
		return 0;
	event->result = result;
	if (bpf_ringbuf_output(&events, event, sizeof(*event), 0))
		__sync_fetch_and_add(&dropped, 1);
	bpf_map_delete_elem(&deletions, &tid);
	return 0;
}
