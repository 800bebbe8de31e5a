/* Sends every getppid() of one process through two ring buffers and a perf event array, as far as they are switched on. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

const volatile unsigned int target_pid = 0;
const volatile unsigned int syscall_number = 0;
unsigned int to_first = 0, to_second = 0, to_perf = 0;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} first SEC(".maps"), second SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(int));
	__uint(value_size, sizeof(int));
} samples SEC(".maps");

SEC("raw_tp/sys_enter")
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{
	unsigned int pid = bpf_get_current_pid_tgid() >> 32;

	if (pid != target_pid || ctx->args[1] != syscall_number)
		return 0;
	if (to_first)
		bpf_ringbuf_output(&first, &to_first, sizeof(to_first), 0);
	if (to_second)
		bpf_ringbuf_output(&second, &to_second, sizeof(to_second), 0);
	if (to_perf)
		bpf_perf_event_output(ctx, &samples, BPF_F_CURRENT_CPU, &to_perf, sizeof(to_perf));
	return 0;
}
