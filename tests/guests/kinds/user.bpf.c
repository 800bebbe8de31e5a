/* Programs in user space: at `plus_1000(number)` and the USDT probe of native/probes.c, which has its own process id. */
#include "kinds.bpf.h"
#include <bpf/usdt.bpf.h>

SEC("uprobe")
int BPF_UPROBE(on_uprobe, long number)
{
	return is_wanted() ? hit(number) : 0;
}

SEC("uretprobe")
int BPF_URETPROBE(on_uretprobe, long value)
{
	return is_wanted() ? hit(value) : 0;
}

/* Sleepable: they may wait for a page of the process to be read in. */
static inline bool may_sleep(struct pt_regs *ctx)
{
	char byte;

	return !bpf_copy_from_user(&byte, 1, (void *)PT_REGS_SP(ctx));
}

SEC("uprobe.s")
int BPF_UPROBE(uprobe_s, long number)
{
	return is_wanted() && may_sleep(ctx) ? hit(number) : 0;
}

SEC("uretprobe.s")
int BPF_URETPROBE(uretprobe_s, long value)
{
	return is_wanted() && may_sleep(ctx) ? hit(value) : 0;
}

SEC("uprobe.multi")
int BPF_UPROBE(uprobe_multi, long number)
{
	return is_wanted() ? hit(number) : 0;
}

SEC("uretprobe.multi")
int BPF_URETPROBE(uretprobe_multi, long value)
{
	return is_wanted() ? hit(value) : 0;
}

SEC("uprobe.multi.s")
int BPF_UPROBE(uprobe_multi_s, long number)
{
	return is_wanted() && may_sleep(ctx) ? hit(number) : 0;
}

SEC("uretprobe.multi.s")
int BPF_URETPROBE(uretprobe_multi_s, long value)
{
	return is_wanted() && may_sleep(ctx) ? hit(value) : 0;
}

SEC("usdt")
int BPF_USDT(on_usdt, long number, long sevenfold, int answer)
{
	return is_wanted() && number * -7 == sevenfold && answer == 42 ? hit(number) : 0;
}

SEC("usdt.s")
int BPF_USDT(on_usdt_s, long number, long sevenfold, int answer)
{
	return is_wanted() && may_sleep(ctx) && number * -7 == sevenfold && answer == 42 ? hit(number) : 0;
}
