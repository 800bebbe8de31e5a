// A ring, and globals: .bss counts each getpgid(2) of one thread, which .data names; .rodata is just there.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} perf SEC(".maps");

const volatile u32 fixed = 0x1234;
u32 thread = 1;
u64 count;

SEC("tp/syscalls/sys_enter_getpgid")
int number(void *ctx)
{
	u64 record;

	if (!fixed || (u32)bpf_get_current_pid_tgid() != thread)
		return 0;
	record = count++;
	bpf_ringbuf_output(&ring, &record, sizeof(record), 0);
	return 0;
}
