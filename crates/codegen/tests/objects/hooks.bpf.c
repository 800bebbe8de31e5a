#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

extern const struct rq runqueues __ksym;

u64 total;

/* Its type is compared with the kernel's. */
SEC("tp_btf/task_newtask")
int BPF_PROG(per_cpu, struct task_struct *task, u64 flags)
{
	struct rq *queue = bpf_per_cpu_ptr(&runqueues, 0);

	if (queue)
		total += queue->nr_running + queue->curr->pid;
	return 0;
}

SEC("fentry/do_unlinkat")
int BPF_PROG(entry, int directory, struct filename *name)
{
	total += BPF_CORE_READ(name, name)[0] + directory;
	return 0;
}

SEC("fexit/do_unlinkat")
int BPF_PROG(leave, int directory, struct filename *name, long result)
{
	total += result;
	return 0;
}

SEC("kprobe/do_unlinkat")
int probe(struct pt_regs *registers)
{
	struct filename *name = (void *)registers;

	total += (u64)BPF_CORE_READ(name, name);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
