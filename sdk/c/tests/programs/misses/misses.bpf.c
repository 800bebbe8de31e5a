/* Prints where something is printed, which would run the program in itself. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

unsigned int process = 0, runs = 0;

SEC("raw_tp/bpf_trace_printk")
int on_print(void *ctx)
{
	if (bpf_get_current_pid_tgid() >> 32 != process)
		return 0;
	runs++;
	bpf_printk("misses: in itself");
	return 0;
}

SEC("raw_tp")
int print(void *ctx)
{
	bpf_printk("misses");
	return 0;
}
