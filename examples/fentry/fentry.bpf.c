// Watches the kernel function that deletes a file, at its entry and exit. Arguments are typed: `name->name` is read as
// in the kernel itself, the verifier has checked it, and a call costs a fraction of a kprobe's.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "fentry.h"

char LICENSE[] SEC("license") = "GPL";

// Deletions that threads are in: at the exit the arguments are there still, but the path is freed already.
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

// The guest chooses another function where the kernel's has its newer name.
SEC("fentry/do_unlinkat")
int BPF_PROG(on_delete, int dfd, struct filename *name)
{
	u64 id = bpf_get_current_pid_tgid();
	struct event event = { .pid = id >> 32 };
	u32 tid = id;

	bpf_get_current_comm(event.comm, sizeof(event.comm));
	bpf_probe_read_kernel_str(event.path, sizeof(event.path), name->name);
	bpf_map_update_elem(&deletions, &tid, &event, BPF_ANY);
	return 0;
}

SEC("fexit/do_unlinkat")
int BPF_PROG(on_deleted, int dfd, struct filename *name, int result)
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
