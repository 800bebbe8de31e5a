// Follows processes from exec to exit. Start times live in a hash map, records go out through a ring buffer.
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "bootstrap.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, pid_t);
	__type(value, u64);
} exec_start SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} rb SEC(".maps");

// Set by the guest before load: exits of processes that lived shorter are not sent, and execs not at all.
const volatile unsigned long long min_duration_ns = 0;

// Records that found no room in the ring.
unsigned long long dropped = 0;

static struct event *reserve(void)
{
	struct event *e = bpf_ringbuf_reserve(&rb, sizeof(*e), 0);

	if (!e)
		__sync_fetch_and_add(&dropped, 1);
	return e;
}

static void describe(struct event *e, pid_t pid)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	e->pid = pid;
	e->ppid = BPF_CORE_READ(task, real_parent, tgid);
	bpf_get_current_comm(&e->comm, sizeof(e->comm));
}

SEC("tp/sched/sched_process_exec")
int handle_exec(struct trace_event_raw_sched_process_exec *ctx)
{
	pid_t pid = bpf_get_current_pid_tgid() >> 32;
	u64 now = bpf_ktime_get_ns();
	struct event *e;

	bpf_map_update_elem(&exec_start, &pid, &now, BPF_ANY);
	if (min_duration_ns)
		return 0;
	e = reserve();
	if (!e)
		return 0;
	e->exit_event = false;
	e->exit_code = 0;
	e->duration_ns = 0;
	describe(e, pid);
	bpf_probe_read_kernel_str(&e->filename, sizeof(e->filename), (void *)ctx + (ctx->__data_loc_filename & 0xFFFF));
	bpf_ringbuf_submit(e, 0);
	return 0;
}

SEC("tp/sched/sched_process_exit")
int handle_exit(struct trace_event_raw_sched_process_template *ctx)
{
	u64 id = bpf_get_current_pid_tgid(), duration_ns = 0, *start;
	pid_t pid = id >> 32, tid = (u32)id;
	struct task_struct *task;
	struct event *e;

	// A thread's end is not its process's.
	if (pid != tid)
		return 0;
	start = bpf_map_lookup_elem(&exec_start, &pid);
	if (start) {
		duration_ns = bpf_ktime_get_ns() - *start;
		bpf_map_delete_elem(&exec_start, &pid);
	}
	// With a minimum, processes that started before us are left out: how long they lived is not known.
	if (min_duration_ns && (!start || duration_ns < min_duration_ns))
		return 0;
	e = reserve();
	if (!e)
		return 0;
	task = (struct task_struct *)bpf_get_current_task();
	e->exit_event = true;
	e->duration_ns = duration_ns;
	e->exit_code = (BPF_CORE_READ(task, exit_code) >> 8) & 0xff;
	e->filename[0] = 0;
	describe(e, pid);
	bpf_ringbuf_submit(e, 0);
	return 0;
}
