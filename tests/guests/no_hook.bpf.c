// Wants a hook that no kernel has.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "hits.h"

char LICENSE[] SEC("license") = "GPL";

SEC("tp/syscalls/sys_enter_of_no_kernel")
int see_nothing(void *ctx)
{
	hit();
	return 0;
}
