/*
 * bpf_program__attach*: tracing programs (kprobes, uprobes, USDT, tracepoints,
 * fentry, LSM, perf events, iterators). Each returns a link, or NULL and errno
 * with the reason in libbpf's log.
 */
#ifndef WASM_BPF_ATTACH_H
#define WASM_BPF_ATTACH_H

#include <sys/types.h>

#include <wasm_bpf/link.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Before any attach: the options must be sound; errno if not. */
WASM_BPF_WEAK bool wasm_bpf_attach_ready(const void *opts, size_t known)
{
	if (!wasm_bpf_options_valid(opts, known)) {
		errno = EINVAL;
		return false;
	}
	return true;
}

/* Attaches as the SEC() says; -EOPNOTSUPP if it does not say where. */
WASM_BPF_WEAK struct bpf_link *bpf_program__attach(const struct bpf_program *prog)
{
	return wasm_bpf_link(wasm_bpf_v1_program_attach(prog->handle));
}

enum probe_attach_mode {
	PROBE_ATTACH_MODE_DEFAULT = 0, /* the newest that the kernel has */
	PROBE_ATTACH_MODE_LEGACY,      /* a probe made through tracefs */
	PROBE_ATTACH_MODE_PERF,        /* a perf event and ioctl */
	PROBE_ATTACH_MODE_LINK,	       /* a kernel link; minimum kernel 5.15 */
};

struct bpf_kprobe_opts {
	size_t sz;
	__u64 bpf_cookie; /* minimum kernel 5.15 */
	size_t offset;	  /* bytes into the function */
	bool retprobe;
	enum probe_attach_mode attach_mode;
	size_t : 0;
};
#define bpf_kprobe_opts__last_field attach_mode

/* At a kernel function's entry, or return. */
WASM_BPF_WEAK struct bpf_link *bpf_program__attach_kprobe_opts(const struct bpf_program *prog,
							       const char *func_name,
							       const struct bpf_kprobe_opts *opts)
{
	if (!wasm_bpf_attach_ready(opts, sizeof(*opts)))
		return NULL;
	return wasm_bpf_link(wasm_bpf_v1_program_attach_kprobe(
		prog->handle, WASM_BPF_OPT(opts, retprobe, false), func_name,
		wasm_bpf_length(func_name), WASM_BPF_OPT(opts, offset, 0),
		WASM_BPF_OPT(opts, bpf_cookie, 0),
		WASM_BPF_OPT(opts, attach_mode, PROBE_ATTACH_MODE_DEFAULT)));
}

WASM_BPF_WEAK struct bpf_link *bpf_program__attach_kprobe(const struct bpf_program *prog,
							  bool retprobe, const char *func_name)
{
	struct bpf_kprobe_opts opts;

	memset(&opts, 0, sizeof(opts));
	opts.sz = sizeof(opts);
	opts.retprobe = retprobe;
	return bpf_program__attach_kprobe_opts(prog, func_name, &opts);
}

struct bpf_ksyscall_opts {
	size_t sz;
	__u64 bpf_cookie;
	bool retprobe;
	size_t : 0;
};
#define bpf_ksyscall_opts__last_field retprobe

/* At a system call, by its name without the kernel's prefix. */
WASM_BPF_WEAK struct bpf_link *bpf_program__attach_ksyscall(const struct bpf_program *prog,
							    const char *syscall_name,
							    const struct bpf_ksyscall_opts *opts)
{
	if (!wasm_bpf_attach_ready(opts, sizeof(*opts)))
		return NULL;
	return wasm_bpf_link(wasm_bpf_v1_program_attach_ksyscall(
		prog->handle, WASM_BPF_OPT(opts, retprobe, false), syscall_name,
		wasm_bpf_length(syscall_name), WASM_BPF_OPT(opts, bpf_cookie, 0)));
}

struct bpf_uprobe_opts {
	size_t sz;
	size_t ref_ctr_offset; /* in the file: the semaphore of a USDT-like probe */
	__u64 bpf_cookie;
	bool retprobe;
	const char *func_name; /* then the offset counts from there */
	enum probe_attach_mode attach_mode;
	size_t : 0;
};
#define bpf_uprobe_opts__last_field attach_mode

/* In a program or library, for one process, or for all (pid -1), or for itself (pid 0: the runtime). */
WASM_BPF_WEAK struct bpf_link *bpf_program__attach_uprobe_opts(const struct bpf_program *prog,
							       pid_t pid, const char *binary_path,
							       size_t func_offset,
							       const struct bpf_uprobe_opts *opts)
{
	const char *function;

	if (!wasm_bpf_attach_ready(opts, sizeof(*opts)))
		return NULL;
	function = WASM_BPF_OPT(opts, func_name, NULL);
	return wasm_bpf_link(wasm_bpf_v1_program_attach_uprobe(
		prog->handle, WASM_BPF_OPT(opts, retprobe, false), pid, binary_path,
		wasm_bpf_length(binary_path), func_offset, function, wasm_bpf_length(function),
		WASM_BPF_OPT(opts, ref_ctr_offset, 0), WASM_BPF_OPT(opts, bpf_cookie, 0),
		WASM_BPF_OPT(opts, attach_mode, PROBE_ATTACH_MODE_DEFAULT)));
}

WASM_BPF_WEAK struct bpf_link *bpf_program__attach_uprobe(const struct bpf_program *prog,
							  bool retprobe, pid_t pid,
							  const char *binary_path,
							  size_t func_offset)
{
	struct bpf_uprobe_opts opts;

	memset(&opts, 0, sizeof(opts));
	opts.sz = sizeof(opts);
	opts.retprobe = retprobe;
	return bpf_program__attach_uprobe_opts(prog, pid, binary_path, func_offset, &opts);
}

struct bpf_usdt_opts {
	size_t sz;
	__u64 usdt_cookie;
	size_t : 0;
};
#define bpf_usdt_opts__last_field usdt_cookie

/* At a USDT probe of a program or library. */
WASM_BPF_WEAK struct bpf_link *bpf_program__attach_usdt(const struct bpf_program *prog, pid_t pid,
							const char *binary_path,
							const char *usdt_provider,
							const char *usdt_name,
							const struct bpf_usdt_opts *opts)
{
	if (!wasm_bpf_attach_ready(opts, sizeof(*opts)))
		return NULL;
	return wasm_bpf_link(wasm_bpf_v1_program_attach_usdt(
		prog->handle, pid, binary_path, wasm_bpf_length(binary_path), usdt_provider,
		wasm_bpf_length(usdt_provider), usdt_name, wasm_bpf_length(usdt_name),
		WASM_BPF_OPT(opts, usdt_cookie, 0)));
}

struct bpf_tracepoint_opts {
	size_t sz;
	__u64 bpf_cookie;
};
#define bpf_tracepoint_opts__last_field bpf_cookie

/* At a tracepoint, as /sys/kernel/tracing/events names it. */
WASM_BPF_WEAK struct bpf_link *
bpf_program__attach_tracepoint_opts(const struct bpf_program *prog, const char *tp_category,
				    const char *tp_name, const struct bpf_tracepoint_opts *opts)
{
	if (!wasm_bpf_attach_ready(opts, sizeof(*opts)))
		return NULL;
	return wasm_bpf_link(wasm_bpf_v1_program_attach_tracepoint(
		prog->handle, tp_category, wasm_bpf_length(tp_category), tp_name,
		wasm_bpf_length(tp_name), WASM_BPF_OPT(opts, bpf_cookie, 0)));
}

WASM_BPF_WEAK struct bpf_link *bpf_program__attach_tracepoint(const struct bpf_program *prog,
							      const char *tp_category,
							      const char *tp_name)
{
	return bpf_program__attach_tracepoint_opts(prog, tp_category, tp_name, NULL);
}

struct bpf_raw_tracepoint_opts {
	size_t sz;
	__u64 cookie; /* minimum kernel 6.10 */
	size_t : 0;
};
#define bpf_raw_tracepoint_opts__last_field cookie

/* At a raw tracepoint, by the name of its event. */
WASM_BPF_WEAK struct bpf_link *
bpf_program__attach_raw_tracepoint_opts(const struct bpf_program *prog, const char *tp_name,
					struct bpf_raw_tracepoint_opts *opts)
{
	if (!wasm_bpf_attach_ready(opts, sizeof(*opts)))
		return NULL;
	return wasm_bpf_link(wasm_bpf_v1_program_attach_raw_tracepoint(
		prog->handle, tp_name, wasm_bpf_length(tp_name), WASM_BPF_OPT(opts, cookie, 0)));
}

WASM_BPF_WEAK struct bpf_link *bpf_program__attach_raw_tracepoint(const struct bpf_program *prog,
								  const char *tp_name)
{
	return bpf_program__attach_raw_tracepoint_opts(prog, tp_name, NULL);
}

struct bpf_trace_opts {
	size_t sz;
	__u64 cookie; /* minimum kernel 5.18 */
};
#define bpf_trace_opts__last_field cookie

/* fentry, fexit, fmod_ret and BTF tracepoints: where the program was loaded for. */
WASM_BPF_WEAK struct bpf_link *bpf_program__attach_trace_opts(const struct bpf_program *prog,
							      const struct bpf_trace_opts *opts)
{
	if (!wasm_bpf_attach_ready(opts, sizeof(*opts)))
		return NULL;
	return wasm_bpf_link(
		wasm_bpf_v1_program_attach_trace(prog->handle, WASM_BPF_OPT(opts, cookie, 0)));
}

WASM_BPF_WEAK struct bpf_link *bpf_program__attach_trace(const struct bpf_program *prog)
{
	return bpf_program__attach_trace_opts(prog, NULL);
}

/* At the LSM hook that the program was loaded for; minimum kernel 5.7. */
WASM_BPF_WEAK struct bpf_link *bpf_program__attach_lsm(const struct bpf_program *prog)
{
	return wasm_bpf_link(wasm_bpf_v1_program_attach_lsm(prog->handle));
}

struct bpf_perf_event_opts {
	size_t sz;
	__u64 bpf_cookie;
	bool force_ioctl_attach;
	bool dont_enable; /* not available: the event is enabled */
	size_t : 0;
};
#define bpf_perf_event_opts__last_field dont_enable

/* To a perf event from perf_event_open(); the link owns the event from then on. */
WASM_BPF_WEAK struct bpf_link *
bpf_program__attach_perf_event_opts(const struct bpf_program *prog, int pfd,
				    const struct bpf_perf_event_opts *opts)
{
	if (!wasm_bpf_attach_ready(opts, sizeof(*opts)))
		return NULL;
	if (WASM_BPF_OPT(opts, dont_enable, false))
		return (struct bpf_link *)wasm_bpf_fail_null(-EOPNOTSUPP);
	return wasm_bpf_link(wasm_bpf_v1_program_attach_perf_event(
		prog->handle, pfd, WASM_BPF_OPT(opts, bpf_cookie, 0),
		WASM_BPF_OPT(opts, force_ioctl_attach, false)));
}

WASM_BPF_WEAK struct bpf_link *bpf_program__attach_perf_event(const struct bpf_program *prog,
							      int pfd)
{
	return bpf_program__attach_perf_event_opts(prog, pfd, NULL);
}

struct bpf_iter_attach_opts {
	size_t sz;
	union bpf_iter_link_info *link_info;
	__u32 link_info_len;
};
#define bpf_iter_attach_opts__last_field link_info_len

/*
 * An iterator; read it through bpf_iter_create(). link_info's members overlap,
 * and which one counts depends on the program: its SEC() tells (iter/bpf_map_elem
 * and iter/bpf_sk_storage_map: a map, iter/cgroup: a cgroup, else a task).
 */
WASM_BPF_WEAK struct bpf_link *bpf_program__attach_iter(const struct bpf_program *prog,
							const struct bpf_iter_attach_opts *opts)
{
	int map = 0, cgroup_fd = -1, pid_fd = -1;
	uint32_t order = 0, tid = 0, pid = 0;
	union bpf_iter_link_info info;

	if (!wasm_bpf_attach_ready(opts, sizeof(*opts)))
		return NULL;
	memset(&info, 0, sizeof(info));
	if (WASM_BPF_OPT(opts, link_info, NULL) != NULL)
		memcpy(&info, opts->link_info,
		       opts->link_info_len < sizeof(info) ? opts->link_info_len : sizeof(info));
	if (strstr(prog->section, "/cgroup")) {
		order = info.cgroup.order;
		cgroup_fd = info.cgroup.cgroup_fd ? (int)info.cgroup.cgroup_fd : -1;
	} else if (strstr(prog->section, "/task")) {
		tid = info.task.tid;
		pid = info.task.pid;
		pid_fd = info.task.pid_fd ? (int)info.task.pid_fd : -1;
	} else {
		map = (int)info.map.map_fd;
	}
	return wasm_bpf_link(wasm_bpf_v1_program_attach_iter(prog->handle, map, cgroup_fd, order,
							     tid, pid, pid_fd));
}

#ifdef __cplusplus
}
#endif

#endif
