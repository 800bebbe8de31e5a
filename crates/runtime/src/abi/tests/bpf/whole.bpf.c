/* A type that the kernel itself does not have: libbpf looks for it in the kernel's modules. */
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct no_such_type {
	int member;
} __attribute__((preserve_access_index));

int total;

SEC("tp/sched/sched_process_exec")
int on_exec(struct trace_event_raw_sched_process_exec *context)
{
	total += bpf_core_type_exists(struct no_such_type) + context->pid;
	return 0;
}
