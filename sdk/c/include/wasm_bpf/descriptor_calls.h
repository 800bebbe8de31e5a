/*
 * libbpf's thin calls on descriptors: making and pinning maps, what a map or
 * program is, links, iterators.
 */
#ifndef WASM_BPF_DESCRIPTOR_CALLS_H
#define WASM_BPF_DESCRIPTOR_CALLS_H

#include <linux/bpf.h>

#include <wasm_bpf/log.h>
#include <wasm_bpf/types.h>

/* handle_kind's answers. */
enum wasm_bpf_kind {
	WASM_BPF_KIND_OBJECT = 1,
	WASM_BPF_KIND_PROGRAM,
	WASM_BPF_KIND_MAP,
	WASM_BPF_KIND_LINK,
};

#ifdef __cplusplus
extern "C" {
#endif

struct bpf_map_create_opts {
	size_t sz;
	__u32 btf_fd; /* this and the type ids: not available */
	__u32 btf_key_type_id;
	__u32 btf_value_type_id;
	__u32 btf_vmlinux_value_type_id;
	__u32 inner_map_fd;
	__u32 map_flags;
	__u64 map_extra;
	__u32 numa_node;
	__u32 map_ifindex; /* not available, as what follows */
	__s32 value_type_btf_obj_fd;
	__u32 token_fd;
	const void *excl_prog_hash;
	__u32 excl_prog_hash_size;
	size_t : 0;
};
#define bpf_map_create_opts__last_field excl_prog_hash_size

/* Creates a map that belongs to no object; its descriptor, to be closed with close(). */
WASM_BPF_WEAK int bpf_map_create(enum bpf_map_type map_type, const char *map_name, __u32 key_size,
				 __u32 value_size, __u32 max_entries,
				 const struct bpf_map_create_opts *opts)
{
	if (!wasm_bpf_options_valid(opts, sizeof(*opts)))
		return wasm_bpf_fail(-EINVAL);
	if (WASM_BPF_OPT(opts, btf_fd, 0) || WASM_BPF_OPT(opts, btf_vmlinux_value_type_id, 0) ||
	    WASM_BPF_OPT(opts, map_ifindex, 0) || WASM_BPF_OPT(opts, token_fd, 0) ||
	    WASM_BPF_OPT(opts, excl_prog_hash_size, 0))
		return wasm_bpf_fail(-EOPNOTSUPP);
	return wasm_bpf_result(wasm_bpf_v1_map_create(
		map_type, map_name, wasm_bpf_length(map_name), key_size, value_size, max_entries,
		WASM_BPF_OPT(opts, map_flags, 0), WASM_BPF_OPT(opts, map_extra, 0),
		(int)WASM_BPF_OPT(opts, inner_map_fd, 0), WASM_BPF_OPT(opts, numa_node, 0)));
}

/* Pins a map, program or link in a BPF file system. */
WASM_BPF_WEAK int bpf_obj_pin(int fd, const char *pathname)
{
	size_t length = wasm_bpf_length(pathname);

	switch (wasm_bpf_v1_handle_kind(fd)) {
	case WASM_BPF_KIND_PROGRAM:
		return wasm_bpf_result(wasm_bpf_v1_program_pin(fd, pathname, length));
	case WASM_BPF_KIND_MAP:
		return wasm_bpf_result(wasm_bpf_v1_map_pin(fd, pathname, length));
	case WASM_BPF_KIND_LINK:
		return wasm_bpf_result(wasm_bpf_v1_link_pin(fd, pathname, length));
	default:
		return wasm_bpf_fail(-EBADF);
	}
}

struct bpf_obj_pin_opts {
	size_t sz;
	__u32 file_flags; /* not available, as path_fd */
	int path_fd;
	size_t : 0;
};
#define bpf_obj_pin_opts__last_field path_fd

/* bpf_obj_pin(); -EOPNOTSUPP for options that are not zero. */
WASM_BPF_WEAK int bpf_obj_pin_opts(int fd, const char *pathname,
				   const struct bpf_obj_pin_opts *opts)
{
	if (!wasm_bpf_options_valid(opts, sizeof(*opts)))
		return wasm_bpf_fail(-EINVAL);
	if (WASM_BPF_OPT(opts, file_flags, 0) || WASM_BPF_OPT(opts, path_fd, 0))
		return wasm_bpf_fail(-EOPNOTSUPP);
	return bpf_obj_pin(fd, pathname);
}

/* Opens a pinned map or link; its descriptor. */
WASM_BPF_WEAK int bpf_obj_get(const char *pathname)
{
	size_t length = wasm_bpf_length(pathname);
	int handle = wasm_bpf_v1_map_open(pathname, length);

	if (handle == -22 /* Linux's EINVAL: it is no map */)
		handle = wasm_bpf_v1_link_open(pathname, length);
	return wasm_bpf_result(handle);
}

struct bpf_obj_get_opts {
	size_t sz;
	__u32 file_flags; /* not available, as path_fd */
	int path_fd;
	size_t : 0;
};
#define bpf_obj_get_opts__last_field path_fd

/* bpf_obj_get(); -EOPNOTSUPP for options that are not zero. */
WASM_BPF_WEAK int bpf_obj_get_opts(const char *pathname, const struct bpf_obj_get_opts *opts)
{
	if (!wasm_bpf_options_valid(opts, sizeof(*opts)))
		return wasm_bpf_fail(-EINVAL);
	if (WASM_BPF_OPT(opts, file_flags, 0) || WASM_BPF_OPT(opts, path_fd, 0))
		return wasm_bpf_fail(-EOPNOTSUPP);
	return bpf_obj_get(pathname);
}

/* Copies an info struct out as the kernel does: as much as the caller has room for. */
WASM_BPF_WEAK void wasm_bpf_copy_info(void *out, __u32 *room, const void *info, size_t size)
{
	if (*room > size)
		*room = (__u32)size;
	memcpy(out, info, *room);
}

/* Fills in type, id, sizes, flags and name. */
WASM_BPF_WEAK int bpf_map_get_info_by_fd(int map_fd, struct bpf_map_info *info, __u32 *info_len)
{
	struct wasm_bpf_map_info known;
	struct bpf_map_info full;

	memset(&known, 0, sizeof(known));
	memset(&full, 0, sizeof(full));
	if (wasm_bpf_result(wasm_bpf_v1_map_info(map_fd, &known, sizeof(known))) < 0)
		return -errno;
	full.type = known.type;
	full.id = known.id;
	full.key_size = known.key_size;
	full.value_size = known.value_size;
	full.max_entries = known.max_entries;
	full.map_flags = known.flags;
	full.ifindex = known.ifindex;
	full.map_extra = known.map_extra;
	wasm_bpf_v1_map_name(map_fd, full.name, sizeof(full.name) - 1);
	wasm_bpf_copy_info(info, info_len, &full, sizeof(full));
	return 0;
}

/* Fills in type, id, name and the counts of runs and misses. */
WASM_BPF_WEAK int bpf_prog_get_info_by_fd(int prog_fd, struct bpf_prog_info *info, __u32 *info_len)
{
	struct wasm_bpf_program_info known;
	struct bpf_prog_info full;

	memset(&known, 0, sizeof(known));
	memset(&full, 0, sizeof(full));
	if (wasm_bpf_result(wasm_bpf_v1_program_info(prog_fd, &known, sizeof(known))) < 0)
		return -errno;
	full.type = known.type;
	full.id = known.id;
	full.run_time_ns = known.run_time_ns;
	full.run_cnt = known.run_cnt;
	full.recursion_misses = known.recursion_misses;
	wasm_bpf_v1_program_name(prog_fd, full.name, sizeof(full.name) - 1);
	wasm_bpf_copy_info(info, info_len, &full, sizeof(full));
	return 0;
}

/* The one of the two that fits; -EOPNOTSUPP for other descriptors. */
WASM_BPF_WEAK int bpf_obj_get_info_by_fd(int bpf_fd, void *info, __u32 *info_len)
{
	int kind = wasm_bpf_result(wasm_bpf_v1_handle_kind(bpf_fd));

	if (kind < 0)
		return kind;
	if (kind == WASM_BPF_KIND_MAP)
		return bpf_map_get_info_by_fd(bpf_fd, (struct bpf_map_info *)info, info_len);
	if (kind == WASM_BPF_KIND_PROGRAM)
		return bpf_prog_get_info_by_fd(bpf_fd, (struct bpf_prog_info *)info, info_len);
	return wasm_bpf_fail(-EOPNOTSUPP);
}

/* Detaches a link; minimum kernel 5.9. */
WASM_BPF_WEAK int bpf_link_detach(int link_fd)
{
	return wasm_bpf_result(wasm_bpf_v1_link_detach(link_fd));
}

struct bpf_link_update_opts {
	size_t sz;
	__u32 flags; /* not available, as the old descriptors */
	__u32 old_prog_fd;
	__u32 old_map_fd;
};
#define bpf_link_update_opts__last_field old_map_fd

/* Replaces a link's program. */
WASM_BPF_WEAK int bpf_link_update(int link_fd, int new_prog_fd,
				  const struct bpf_link_update_opts *opts)
{
	if (!wasm_bpf_options_valid(opts, sizeof(*opts)))
		return wasm_bpf_fail(-EINVAL);
	if (WASM_BPF_OPT(opts, flags, 0))
		return wasm_bpf_fail(-EOPNOTSUPP);
	return wasm_bpf_result(wasm_bpf_v1_link_update_program(link_fd, new_prog_fd));
}

/* A descriptor that read() reads what the iterator's program prints; close() it. */
WASM_BPF_WEAK int bpf_iter_create(int link_fd)
{
	return wasm_bpf_result(wasm_bpf_v1_iterator_create(link_fd));
}

struct bpf_raw_tp_opts {
	size_t sz;
	const char *tp_name;
	__u64 cookie; /* minimum kernel 6.10 */
	size_t : 0;
};
#define bpf_raw_tp_opts__last_field cookie

/* Attaches a raw tracepoint program (or, without a name, a tracing one); the link's descriptor. */
WASM_BPF_WEAK int bpf_raw_tracepoint_open_opts(int prog_fd, struct bpf_raw_tp_opts *opts)
{
	const char *name;
	__u64 cookie;

	if (!wasm_bpf_options_valid(opts, sizeof(*opts)))
		return wasm_bpf_fail(-EINVAL);
	name = WASM_BPF_OPT(opts, tp_name, NULL);
	cookie = WASM_BPF_OPT(opts, cookie, 0);
	if (!name)
		return wasm_bpf_result_logged(wasm_bpf_v1_program_attach_trace(prog_fd, cookie));
	return wasm_bpf_result_logged(
		wasm_bpf_v1_program_attach_raw_tracepoint(prog_fd, name, strlen(name), cookie));
}

WASM_BPF_WEAK int bpf_raw_tracepoint_open(const char *name, int prog_fd)
{
	struct bpf_raw_tp_opts opts;

	memset(&opts, 0, sizeof(opts));
	opts.sz = sizeof(opts);
	opts.tp_name = name;
	return bpf_raw_tracepoint_open_opts(prog_fd, &opts);
}

#ifdef __cplusplus
}
#endif

#endif
