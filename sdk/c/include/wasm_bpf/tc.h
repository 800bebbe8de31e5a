/*
 * bpf_tc_*: classic tc filters on a clsact hook. They outlive a program that
 * is killed; bpf_program__attach_tcx() does not, from kernel 6.6 on.
 */
#ifndef WASM_BPF_TC_H
#define WASM_BPF_TC_H

#include <wasm_bpf/attach.h>

#ifdef __cplusplus
extern "C" {
#endif

enum bpf_tc_attach_point {
	BPF_TC_INGRESS = 1 << 0,
	BPF_TC_EGRESS = 1 << 1,
	BPF_TC_CUSTOM = 1 << 2,
	BPF_TC_QDISC = 1 << 3, /* not available */
};

#define BPF_TC_PARENT(a, b) ((((a) << 16) & 0xFFFF0000U) | ((b) & 0x0000FFFFU))

enum bpf_tc_flags {
	BPF_TC_F_REPLACE = 1 << 0,
};

struct bpf_tc_hook {
	size_t sz;
	int ifindex;
	enum bpf_tc_attach_point attach_point;
	__u32 parent; /* for BPF_TC_CUSTOM only */
	__u32 handle;
	const char *qdisc;
	size_t : 0;
};
#define bpf_tc_hook__last_field qdisc

struct bpf_tc_opts {
	size_t sz;
	int prog_fd;
	__u32 flags;
	__u32 prog_id; /* out */
	__u32 handle;
	__u32 priority;
	size_t : 0;
};
#define bpf_tc_opts__last_field priority

/* Whether the hook names a device and what follows libbpf's rules. */
WASM_BPF_WEAK bool wasm_bpf_tc_valid(const struct bpf_tc_hook *hook)
{
	__u32 parent = WASM_BPF_OPT(hook, parent, 0);
	int point = hook ? WASM_BPF_OPT(hook, attach_point, (enum bpf_tc_attach_point)0) : 0;

	return hook && wasm_bpf_options_valid(hook, sizeof(*hook)) && hook->ifindex > 0 &&
	       !(point & BPF_TC_QDISC) && (point == BPF_TC_CUSTOM) == (parent != 0);
}

/* Makes the clsact qdisc; -EEXIST if it is there already. */
WASM_BPF_WEAK int bpf_tc_hook_create(struct bpf_tc_hook *hook)
{
	if (!wasm_bpf_tc_valid(hook))
		return wasm_bpf_fail(-EINVAL);
	return wasm_bpf_result_logged(wasm_bpf_v1_tc_hook_create(hook->ifindex, hook->attach_point));
}

/* Removes the filters of one direction, or for both the clsact qdisc. */
WASM_BPF_WEAK int bpf_tc_hook_destroy(struct bpf_tc_hook *hook)
{
	if (!wasm_bpf_tc_valid(hook))
		return wasm_bpf_fail(-EINVAL);
	return wasm_bpf_result_logged(
		wasm_bpf_v1_tc_hook_destroy(hook->ifindex, hook->attach_point));
}

/* Attaches a program; handle, priority and prog_id come back in `opts`. */
WASM_BPF_WEAK int bpf_tc_attach(const struct bpf_tc_hook *hook, struct bpf_tc_opts *opts)
{
	uint32_t out[3] = {0, 0, 0};
	int error;

	if (!wasm_bpf_tc_valid(hook) || !opts || !wasm_bpf_options_valid(opts, sizeof(*opts)) ||
	    !opts->prog_fd || WASM_BPF_OPT(opts, prog_id, 0))
		return wasm_bpf_fail(-EINVAL);
	error = wasm_bpf_result_logged(wasm_bpf_v1_tc_attach(
		hook->ifindex, hook->attach_point, WASM_BPF_OPT(hook, parent, 0), opts->prog_fd,
		WASM_BPF_OPT(opts, handle, 0), WASM_BPF_OPT(opts, priority, 0),
		WASM_BPF_OPT(opts, flags, 0), out, sizeof(out)));
	if (error)
		return error;
	WASM_BPF_OPT_SET(opts, handle, out[0]);
	WASM_BPF_OPT_SET(opts, priority, out[1]);
	WASM_BPF_OPT_SET(opts, prog_id, out[2]);
	return 0;
}

/* Detaches the program with this handle and priority; the other options must be zero. */
WASM_BPF_WEAK int bpf_tc_detach(const struct bpf_tc_hook *hook, const struct bpf_tc_opts *opts)
{
	if (!wasm_bpf_tc_valid(hook) || !opts || !wasm_bpf_options_valid(opts, sizeof(*opts)) ||
	    opts->prog_fd || WASM_BPF_OPT(opts, prog_id, 0) || WASM_BPF_OPT(opts, flags, 0))
		return wasm_bpf_fail(-EINVAL);
	return wasm_bpf_result_logged(wasm_bpf_v1_tc_detach(
		hook->ifindex, hook->attach_point, WASM_BPF_OPT(hook, parent, 0),
		WASM_BPF_OPT(opts, handle, 0), WASM_BPF_OPT(opts, priority, 0)));
}

int bpf_tc_query(const struct bpf_tc_hook *hook, struct bpf_tc_opts *opts)
	WASM_BPF_UNAVAILABLE("a guest sees only what it has attached itself");

#ifdef __cplusplus
}
#endif

#endif
