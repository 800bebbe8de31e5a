/* Reads the kernel's memory at an address that it is given in a constant. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

const volatile __u64 function = 0, number = 0, small = 0;
void *const volatile other = 0, *const volatile heap = 0;
long results[2] = {1, 1};
__u64 seen[5];

SEC("raw_tp/task_rename")
int look(void *ctx)
{
	char byte;

	results[0] = bpf_probe_read_kernel(&byte, 1, (void *)function);
	results[1] = bpf_probe_read_kernel(&byte, 1, other);
	seen[0] = function;
	seen[1] = (__u64)other;
	seen[2] = number;
	seen[3] = small;
	seen[4] = (__u64)heap;
	return 0;
}
