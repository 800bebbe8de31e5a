#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "globals.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, struct event);
} by_pid SEC(".maps");

const volatile pid_t target = 0;
const volatile long step = 1;
const volatile bool enabled = false;
const volatile size_t limit = 10;
const volatile int custom_limit SEC(".rodata.limits") = 3;
void *const volatile chosen = NULL;
struct task_struct *const volatile skipped = NULL;
static const volatile char internal = 'c';

enum mode mode = MODE_ON;
pair_t pair = { 1, 2 };
struct { u8 a; u64 b; int c : 3; unsigned int d : 9; } plain = { 1, 2, 3, 4 };
static volatile int static_count = 4;
int custom SEC(".data.custom") = 9;
int hidden __attribute__((visibility("hidden"))) = 2;

struct event last;
struct event *last_pointer;
long count;
u64 histogram[3][4];
u64 seen;
unsigned char flags[3];
void (*unused)(void);

extern int LINUX_KERNEL_VERSION __kconfig;
extern bool CONFIG_BPF __kconfig __weak;
extern const char CONFIG_NO_SUCH_STRING[10] __kconfig __weak;

char LICENSE[] SEC("license") = "GPL";

__noinline int subprogram(int x)
{
	return x + static_count + hidden;
}

SEC("raw_tp/sys_enter")
int on_enter(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	if (!enabled || (bpf_get_current_pid_tgid() >> 32) != target || count >= limit)
		return 0;
	if (skipped && skipped == task)
		return 0;
	seen = (u64)chosen;
	count += step;
	mode = CONFIG_BPF && LINUX_KERNEL_VERSION && !CONFIG_NO_SUCH_STRING[0] ? MODE_ON : MODE_OFF;
	last.pid = BPF_CORE_READ(task, group_leader, pid);
	last.cpu = bpf_get_smp_processor_id();
	last.total_vm = BPF_CORE_READ(task, mm, total_vm);
	bpf_get_current_comm(last.comm, sizeof(last.comm));
	last_pointer = &last;
	histogram[2][3] = plain.d;
	flags[1] = custom_limit + custom;
	return 0;
}

SEC("raw_tp/sys_exit")
int on_exit(void *ctx)
{
	char text[] = "a string that compilers keep in a section of strings";

	pair.x += subprogram(internal);
	if (unused)
		bpf_trace_printk(text, sizeof(text));
	return 0;
}
