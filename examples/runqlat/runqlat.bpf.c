// Measures how long tasks wait for a CPU after they became runnable.
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "runqlat.h"

#define TASK_RUNNING 0

char LICENSE[] SEC("license") = "GPL";

// When a task was put on a run queue, by its thread id.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u32);
	__type(value, u64);
} start SEC(".maps");

// Mapped by the guest, which reads it while it is counted in.
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct hist);
} hists SEC(".maps");

static void enqueue(struct task_struct *task)
{
	u32 pid = BPF_CORE_READ(task, pid);
	u64 now = bpf_ktime_get_ns();

	// The idle task waits for nothing.
	if (pid)
		bpf_map_update_elem(&start, &pid, &now, BPF_ANY);
}

static u32 log2_of(u64 value)
{
	u32 slot = 0;

	for (int shift = 32; shift; shift >>= 1) {
		if (value >> shift) {
			value >>= shift;
			slot += shift;
		}
	}
	return slot;
}

// The state of a task was renamed in kernel 5.14.
struct task_struct___old {
	volatile long state;
} __attribute__((preserve_access_index));

static long state_of(struct task_struct *task)
{
	if (bpf_core_field_exists(task->__state))
		return BPF_CORE_READ(task, __state);
	return BPF_CORE_READ((struct task_struct___old *)task, state);
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(sched_wakeup, struct task_struct *task)
{
	enqueue(task);
	return 0;
}

SEC("tp_btf/sched_wakeup_new")
int BPF_PROG(sched_wakeup_new, struct task_struct *task)
{
	enqueue(task);
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	u32 pid = BPF_CORE_READ(next, pid), zero = 0, slot;
	u64 *at, delta_us;
	struct hist *hist;

	// Whoever lost the CPU while runnable waits again.
	if (state_of(prev) == TASK_RUNNING)
		enqueue(prev);
	at = bpf_map_lookup_elem(&start, &pid);
	if (!at)
		return 0;
	delta_us = (bpf_ktime_get_ns() - *at) / 1000;
	bpf_map_delete_elem(&start, &pid);
	hist = bpf_map_lookup_elem(&hists, &zero);
	if (!hist)
		return 0;
	slot = log2_of(delta_us);
	if (slot >= MAX_SLOTS)
		slot = MAX_SLOTS - 1;
	__sync_fetch_and_add(&hist->slots[slot], 1);
	return 0;
}
