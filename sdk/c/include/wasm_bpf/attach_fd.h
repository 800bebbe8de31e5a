/*
 * bpf_prog_attach() and its kin, for sockmaps and sockhashes: the program stays
 * as long as the map does. Everything else has a link, which detaches by itself:
 * bpf_program__attach_*().
 */
#ifndef WASM_BPF_ATTACH_FD_H
#define WASM_BPF_ATTACH_FD_H

#include <linux/bpf.h>

#include <wasm_bpf/attach.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bpf_prog_attach_opts {
	size_t sz;
	__u32 flags;
	union {
		int replace_prog_fd;
		int replace_fd;
	};
	int relative_fd;
	__u32 relative_id;
	__u64 expected_revision;
	size_t : 0;
};
#define bpf_prog_attach_opts__last_field expected_revision

struct bpf_prog_detach_opts {
	size_t sz;
	__u32 flags;
	int relative_fd;
	__u32 relative_id;
	__u64 expected_revision;
	size_t : 0;
};
#define bpf_prog_detach_opts__last_field expected_revision

/* Whether the types are those of maps of sockets; a line of the log where they are not. */
WASM_BPF_WEAK bool wasm_bpf_is_socket_type(enum bpf_attach_type type)
{
	if (type == BPF_SK_SKB_STREAM_PARSER || type == BPF_SK_SKB_STREAM_VERDICT ||
	    type == BPF_SK_SKB_VERDICT || type == BPF_SK_MSG_VERDICT)
		return true;
	wasm_bpf_print(LIBBPF_WARN, "libbpf: bpf_prog_attach() is for maps of sockets here: attach with "
				    "bpf_program__attach_*(), whose links detach by themselves\n");
	return false;
}

/* Attaches a program to the sockets of a map. `flags` must be 0. -EOPNOTSUPP for other targets. */
WASM_BPF_WEAK int bpf_prog_attach(int prog_fd, int attachable_fd, enum bpf_attach_type type,
				  unsigned int flags)
{
	if (!wasm_bpf_is_socket_type(type))
		return wasm_bpf_fail(-EOPNOTSUPP);
	if (flags)
		return wasm_bpf_fail(-EINVAL);
	return wasm_bpf_result_logged(wasm_bpf_v1_sockmap_attach(attachable_fd, prog_fd, type));
}

/* The same; of the options only the size may be set. */
WASM_BPF_WEAK int bpf_prog_attach_opts(int prog_fd, int target, enum bpf_attach_type type,
				       const struct bpf_prog_attach_opts *opts)
{
	if (opts && (!wasm_bpf_options_valid(opts, sizeof(*opts)) ||
		     WASM_BPF_OPT(opts, replace_prog_fd, 0) || WASM_BPF_OPT(opts, relative_fd, 0) ||
		     WASM_BPF_OPT(opts, relative_id, 0) || WASM_BPF_OPT(opts, expected_revision, 0)))
		return wasm_bpf_fail(-EINVAL);
	return bpf_prog_attach(prog_fd, target, type, WASM_BPF_OPT(opts, flags, 0));
}

/* Detaches a program from the sockets of a map; -ENOENT where it is not attached. */
WASM_BPF_WEAK int bpf_prog_detach2(int prog_fd, int attachable_fd, enum bpf_attach_type type)
{
	if (!wasm_bpf_is_socket_type(type))
		return wasm_bpf_fail(-EOPNOTSUPP);
	return wasm_bpf_result_logged(wasm_bpf_v1_sockmap_detach(attachable_fd, prog_fd, type));
}

/* The same; of the options only the size may be set. */
WASM_BPF_WEAK int bpf_prog_detach_opts(int prog_fd, int target, enum bpf_attach_type type,
				       const struct bpf_prog_detach_opts *opts)
{
	if (opts && (!wasm_bpf_options_valid(opts, sizeof(*opts)) || WASM_BPF_OPT(opts, flags, 0) ||
		     WASM_BPF_OPT(opts, relative_fd, 0) || WASM_BPF_OPT(opts, relative_id, 0) ||
		     WASM_BPF_OPT(opts, expected_revision, 0)))
		return wasm_bpf_fail(-EINVAL);
	return bpf_prog_detach2(prog_fd, target, type);
}

int bpf_prog_detach(int attachable_fd, enum bpf_attach_type type)
	WASM_BPF_UNAVAILABLE("use bpf_prog_detach2(), which says which program");

#ifdef __cplusplus
}
#endif

#endif
