// Watches a system call by its name. How the kernel calls the function behind it (__x64_sys_unlinkat, ...) and where
// the arguments are differs from processor to processor: SEC("ksyscall") and BPF_KSYSCALL know.
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "ksyscall.h"

char LICENSE[] SEC("license") = "GPL";

// Calls that threads are in.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, struct event);
} calls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

// Records that found no room in the ring.
unsigned long long dropped = 0;

SEC("ksyscall/unlinkat")
int BPF_KSYSCALL(on_unlinkat, int dfd, const char *path)
{
	u64 id = bpf_get_current_pid_tgid();
	struct event event = { .pid = id >> 32 };
	u32 tid = id;

	bpf_get_current_comm(event.comm, sizeof(event.comm));
	bpf_probe_read_user_str(event.path, sizeof(event.path), path);
	bpf_map_update_elem(&calls, &tid, &event, BPF_ANY);
	return 0;
}

SEC("kretsyscall/unlinkat")
int BPF_KRETPROBE(on_return, int result)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct event *event = bpf_map_lookup_elem(&calls, &tid);

	if (!event)
		return 0;
	event->result = result;
	if (bpf_ringbuf_output(&events, event, sizeof(*event), 0))
		__sync_fetch_and_add(&dropped, 1);
	bpf_map_delete_elem(&calls, &tid);
	return 0;
}
