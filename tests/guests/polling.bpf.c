// The number of each getpgid(2) of one thread, as a record of 8 bytes in each of two rings; the second one adds 1000.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct progress {
	u64 thread;
	u64 count;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct progress);
} state SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} first SEC(".maps"), second SEC(".maps");

SEC("tp/syscalls/sys_enter_getpgid")
int number(void *ctx)
{
	u32 zero = 0;
	struct progress *s = bpf_map_lookup_elem(&state, &zero);
	u64 record;

	if (!s || (u32)bpf_get_current_pid_tgid() != s->thread)
		return 0;
	record = s->count;
	bpf_ringbuf_output(&first, &record, sizeof(record), 0);
	record += 1000;
	bpf_ringbuf_output(&second, &record, sizeof(record), 0);
	s->count++;
	return 0;
}
