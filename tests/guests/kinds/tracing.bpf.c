/* Tracing programs: each sees the getpgid() calls of one process, by its argument or result. */
#include "kinds.bpf.h"

static int on_call(long argument)
{
	return is_wanted() && argument == wanted.value ? hit(argument) : 0;
}

static int on_return(long value)
{
	return is_wanted() ? hit(value) : 0;
}

SEC("kprobe/__x64_sys_getpgid")
int kprobe(struct pt_regs *ctx)
{
	struct pt_regs *regs = (struct pt_regs *)PT_REGS_PARM1(ctx);

	return on_call(PT_REGS_PARM1_CORE_SYSCALL(regs));
}

SEC("kretprobe/__x64_sys_getpgid")
int kretprobe(struct pt_regs *ctx)
{
	return on_return(PT_REGS_RC(ctx));
}

SEC("ksyscall/getpgid")
int BPF_KSYSCALL(ksyscall, int pid)
{
	return on_call(pid);
}

SEC("kretsyscall/getpgid")
int BPF_KRETPROBE(kretsyscall, long value)
{
	return on_return(value);
}

SEC("kprobe.multi/__x64_sys_getpgi*")
int kprobe_multi(struct pt_regs *ctx)
{
	return is_wanted() ? hit(bpf_get_func_ip(ctx) != 0) : 0;
}

SEC("kretprobe.multi/__x64_sys_getpgi*")
int kretprobe_multi(struct pt_regs *ctx)
{
	return on_return(PT_REGS_RC(ctx));
}

SEC("tracepoint/syscalls/sys_enter_getpgid")
int tracepoint(struct trace_event_raw_sys_enter *ctx)
{
	return on_call(ctx->args[0]);
}

SEC("tp/syscalls/sys_enter_getpgid")
int tp(struct trace_event_raw_sys_enter *ctx)
{
	return on_call(ctx->args[0]);
}

static int on_raw(struct bpf_raw_tracepoint_args *ctx)
{
	struct pt_regs *regs = (struct pt_regs *)ctx->args[0];

	return ctx->args[1] == 121 ? on_call(PT_REGS_PARM1_CORE_SYSCALL(regs)) : 0;
}

SEC("raw_tracepoint/sys_enter")
int raw_tracepoint(struct bpf_raw_tracepoint_args *ctx)
{
	return on_raw(ctx);
}

SEC("raw_tp/sys_enter")
int raw_tp(struct bpf_raw_tracepoint_args *ctx)
{
	return on_raw(ctx);
}

SEC("tp_btf/sys_enter")
int BPF_PROG(tp_btf, struct pt_regs *regs, long number)
{
	return number == 121 ? on_call(PT_REGS_PARM1_CORE_SYSCALL(regs)) : 0;
}

SEC("fentry/__x64_sys_getpgid")
int BPF_PROG(fentry, const struct pt_regs *regs)
{
	return on_call(PT_REGS_PARM1_SYSCALL(regs));
}

SEC("fexit/__x64_sys_getpgid")
int BPF_PROG(fexit, const struct pt_regs *regs, long value)
{
	return on_return(value);
}

/* At each sample of a clock, while the process runs. */
SEC("perf_event")
int on_perf_event(struct bpf_perf_event_data *ctx)
{
	return is_wanted() ? hit(ctx->sample_period) : 0;
}
