/* Programs for every way of attaching by hand; each counts and notes its cookie. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

unsigned long long uprobe_cookie = 0;
unsigned long long uprobes = 0;
unsigned long long returns = 0;
unsigned long long traced = 0;
unsigned long long ticks = 0;
unsigned long long kprobes = 0;

SEC("uprobe")
int on_uprobe(void *ctx)
{
	uprobe_cookie = bpf_get_attach_cookie(ctx);
	__sync_fetch_and_add(&uprobes, 1);
	return 0;
}

SEC("uretprobe")
int on_return(void *ctx)
{
	__sync_fetch_and_add(&returns, 1);
	return 0;
}

SEC("tracepoint")
int on_tracepoint(void *ctx)
{
	__sync_fetch_and_add(&traced, 1);
	return 0;
}

SEC("perf_event")
int on_tick(void *ctx)
{
	__sync_fetch_and_add(&ticks, 1);
	return 0;
}

SEC("kprobe")
int on_kprobe(void *ctx)
{
	__sync_fetch_and_add(&kprobes, 1);
	return 0;
}
