/* What call sequences work on: maps that guests read and programs that observe, without relocations against the kernel. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} numbers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, __u64);
} cells SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} each SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} samples SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, 4);
} programs SEC(".maps");

__u64 written = 5;
__u64 seen;

SEC("socket")
int packet(struct __sk_buff *packet)
{
	__u64 *record = bpf_ringbuf_reserve(&events, 8, 0);

	if (record) {
		*record = ++seen + written;
		bpf_ringbuf_submit(record, 0);
	}
	return packet->len;
}

SEC("tp/syscalls/sys_enter_getpgid")
int on_call(void *ctx)
{
	__u32 key = 0;
	__u64 *cell = bpf_map_lookup_elem(&cells, &key);

	if (cell)
		__sync_fetch_and_add(cell, 1);
	bpf_perf_event_output(ctx, &samples, BPF_F_CURRENT_CPU, &key, sizeof(key));
	return 0;
}

SEC("kprobe")
int at_function(void *ctx)
{
	return 0;
}
