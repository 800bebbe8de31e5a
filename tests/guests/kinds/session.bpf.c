/* Sessions: one program at entry and return, which decides at the entry whether it wants the return. */
#include "kinds.bpf.h"

extern bool bpf_session_is_return(void) __ksym __weak;
extern __u64 *bpf_session_cookie(void) __ksym __weak;
/* Since 7.0 they are told the context. */
extern bool bpf_session_is_return___context(void *ctx) __ksym __weak;
extern __u64 *bpf_session_cookie___context(void *ctx) __ksym __weak;

static int on_session(void *ctx)
{
	__u64 *cookie;
	bool is_return;

	if (!is_wanted())
		return 1;
	if (bpf_ksym_exists(bpf_session_is_return___context)) {
		cookie = bpf_session_cookie___context(ctx);
		is_return = bpf_session_is_return___context(ctx);
	} else {
		cookie = bpf_session_cookie();
		is_return = bpf_session_is_return();
	}
	if (is_return)
		return hit(*cookie);
	*cookie = wanted.value;
	return 0;
}

SEC("kprobe.session/__x64_sys_getpgid")
int kprobe_session(struct pt_regs *ctx)
{
	return on_session(ctx);
}

SEC("uprobe.session")
int uprobe_session(struct pt_regs *ctx)
{
	return on_session(ctx);
}

SEC("uprobe.session.s")
int uprobe_session_s(struct pt_regs *ctx)
{
	return on_session(ctx);
}

/* These are told of every return: they may not say that they do not want it. */
SEC("fsession/__x64_sys_getpgid")
int fsession(void *ctx)
{
	on_session(ctx);
	return 0;
}

SEC("fsession.s/__x64_sys_getpgid")
int fsession_s(void *ctx)
{
	on_session(ctx);
	return 0;
}
