// A program and a map to leave behind: what a guest attached must go with it, however it ends.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "hits.h"

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

SEC("tp/syscalls/sys_enter_getpgid")
int see_call(void *ctx)
{
	hit();
	return 0;
}
