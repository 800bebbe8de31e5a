/*
 * bpf_program__attach*: programs that change what the system does (network,
 * cgroups, struct_ops, replaced functions). The runtime wants a grant for each
 * (--allow net and the like).
 */
#ifndef WASM_BPF_ATTACH_NET_H
#define WASM_BPF_ATTACH_NET_H

#include <wasm_bpf/attach.h>

#ifdef __cplusplus
extern "C" {
#endif

/* At a cgroup, by the descriptor of its directory, open()ed in the guest. */
WASM_BPF_WEAK struct bpf_link *bpf_program__attach_cgroup(const struct bpf_program *prog,
							  int cgroup_fd)
{
	return wasm_bpf_link(wasm_bpf_v1_program_attach_cgroup(prog->handle, cgroup_fd));
}

struct bpf_cgroup_opts {
	size_t sz;
	__u32 flags;
	__u32 relative_fd;
	__u32 relative_id;
	__u64 expected_revision;
	size_t : 0;
};
#define bpf_cgroup_opts__last_field expected_revision

/* The same, in a place among the cgroup's programs; minimum kernel 6.17, without options 5.7. */
WASM_BPF_WEAK struct bpf_link *bpf_program__attach_cgroup_opts(const struct bpf_program *prog,
							       int cgroup_fd,
							       const struct bpf_cgroup_opts *opts)
{
	if (!wasm_bpf_attach_ready(opts, sizeof(*opts)))
		return NULL;
	return wasm_bpf_link(wasm_bpf_v1_program_attach_cgroup_at(
		prog->handle, cgroup_fd, WASM_BPF_OPT(opts, flags, 0),
		(int)WASM_BPF_OPT(opts, relative_fd, 0), WASM_BPF_OPT(opts, relative_id, 0),
		WASM_BPF_OPT(opts, expected_revision, 0)));
}

/* At a network namespace, by the descriptor of its file. */
WASM_BPF_WEAK struct bpf_link *bpf_program__attach_netns(const struct bpf_program *prog,
							 int netns_fd)
{
	return wasm_bpf_link(wasm_bpf_v1_program_attach_netns(prog->handle, netns_fd));
}

/* At a sockmap or sockhash, by bpf_map__fd(); minimum kernel 6.10. */
WASM_BPF_WEAK struct bpf_link *bpf_program__attach_sockmap(const struct bpf_program *prog,
							   int map_fd)
{
	return wasm_bpf_link(wasm_bpf_v1_program_attach_sockmap(prog->handle, map_fd));
}

/* XDP at a network device; minimum kernel 5.9. */
WASM_BPF_WEAK struct bpf_link *bpf_program__attach_xdp(const struct bpf_program *prog, int ifindex)
{
	return wasm_bpf_link(wasm_bpf_v1_program_attach_xdp(prog->handle, ifindex));
}

/* In the place of a function of another program (target_fd, 0: as it was loaded for). */
WASM_BPF_WEAK struct bpf_link *bpf_program__attach_freplace(const struct bpf_program *prog,
							    int target_fd,
							    const char *attach_func_name)
{
	return wasm_bpf_link(wasm_bpf_v1_program_attach_freplace(
		prog->handle, target_fd, attach_func_name, wasm_bpf_length(attach_func_name)));
}

struct bpf_netfilter_opts {
	size_t sz;
	__u32 pf;
	__u32 hooknum;
	__s32 priority;
	__u32 flags;
};
#define bpf_netfilter_opts__last_field flags

/* At a netfilter hook; minimum kernel 6.4. */
WASM_BPF_WEAK struct bpf_link *bpf_program__attach_netfilter(const struct bpf_program *prog,
							     const struct bpf_netfilter_opts *opts)
{
	if (!wasm_bpf_attach_ready(opts, sizeof(*opts)))
		return NULL;
	return wasm_bpf_link(wasm_bpf_v1_program_attach_netfilter(
		prog->handle, WASM_BPF_OPT(opts, pf, 0), WASM_BPF_OPT(opts, hooknum, 0),
		WASM_BPF_OPT(opts, priority, 0), WASM_BPF_OPT(opts, flags, 0)));
}

struct bpf_tcx_opts {
	size_t sz;
	__u32 flags;
	__u32 relative_fd;
	__u32 relative_id;
	__u64 expected_revision;
	size_t : 0;
};
#define bpf_tcx_opts__last_field expected_revision

/* tc, by kernel links (tcx); minimum kernel 6.6. */
WASM_BPF_WEAK struct bpf_link *bpf_program__attach_tcx(const struct bpf_program *prog, int ifindex,
						       const struct bpf_tcx_opts *opts)
{
	if (!wasm_bpf_attach_ready(opts, sizeof(*opts)))
		return NULL;
	return wasm_bpf_link(wasm_bpf_v1_program_attach_tcx(
		prog->handle, ifindex, WASM_BPF_OPT(opts, flags, 0),
		(int)WASM_BPF_OPT(opts, relative_fd, 0), WASM_BPF_OPT(opts, relative_id, 0),
		WASM_BPF_OPT(opts, expected_revision, 0)));
}

struct bpf_netkit_opts {
	size_t sz;
	__u32 flags;
	__u32 relative_fd;
	__u32 relative_id;
	__u64 expected_revision;
	size_t : 0;
};
#define bpf_netkit_opts__last_field expected_revision

/* At a netkit device; minimum kernel 6.7. */
WASM_BPF_WEAK struct bpf_link *bpf_program__attach_netkit(const struct bpf_program *prog,
							  int ifindex,
							  const struct bpf_netkit_opts *opts)
{
	if (!wasm_bpf_attach_ready(opts, sizeof(*opts)))
		return NULL;
	return wasm_bpf_link(wasm_bpf_v1_program_attach_netkit(
		prog->handle, ifindex, WASM_BPF_OPT(opts, flags, 0),
		(int)WASM_BPF_OPT(opts, relative_fd, 0), WASM_BPF_OPT(opts, relative_id, 0),
		WASM_BPF_OPT(opts, expected_revision, 0)));
}

/* Registers a struct_ops map; minimum kernel 5.6. */
WASM_BPF_WEAK struct bpf_link *bpf_map__attach_struct_ops(const struct bpf_map *map)
{
	return wasm_bpf_link(wasm_bpf_v1_map_attach_struct_ops(map->handle));
}

struct bpf_xdp_attach_opts;
struct bpf_xdp_query_opts;

int bpf_xdp_attach(int ifindex, int prog_fd, __u32 flags, const struct bpf_xdp_attach_opts *opts)
	WASM_BPF_UNAVAILABLE("use bpf_program__attach_xdp(), whose link detaches by itself");
int bpf_xdp_detach(int ifindex, __u32 flags, const struct bpf_xdp_attach_opts *opts)
	WASM_BPF_UNAVAILABLE("destroy the link of bpf_program__attach_xdp()");
int bpf_xdp_query(int ifindex, int flags, struct bpf_xdp_query_opts *opts)
	WASM_BPF_UNAVAILABLE("a guest sees only what it has attached itself");
int bpf_xdp_query_id(int ifindex, int flags, __u32 *prog_id)
	WASM_BPF_UNAVAILABLE("a guest sees only what it has attached itself");

#ifdef __cplusplus
}
#endif

#endif
