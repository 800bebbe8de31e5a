// Counts calls of write(2).
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

// Set by the guest before load: count this process only; 0 counts all.
const volatile pid_t only_pid = 0;

// Read by the guest while the program runs.
unsigned long long writes = 0;

SEC("tp/syscalls/sys_enter_write")
int count_write(void *ctx)
{
	pid_t pid = bpf_get_current_pid_tgid() >> 32;

	if (!only_pid || pid == only_pid)
		__sync_fetch_and_add(&writes, 1);
	return 0;
}
