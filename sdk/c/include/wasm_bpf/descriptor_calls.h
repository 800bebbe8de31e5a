/*
 * libbpf's thin calls on descriptors: making and pinning maps, what a map or
 * program is, links, iterators, test runs.
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

/* Opens a pinned map or link; its descriptor. */
WASM_BPF_WEAK int bpf_obj_get(const char *pathname)
{
	size_t length = wasm_bpf_length(pathname);
	int handle = wasm_bpf_v1_map_open(pathname, length);

	if (handle == -22 /* Linux's EINVAL: it is no map */)
		handle = wasm_bpf_v1_link_open(pathname, length);
	return wasm_bpf_result(handle);
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

/* Fills in type, id and name. */
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

/* Attaches a raw tracepoint program (or, without a name, a tracing one); the link's descriptor. */
WASM_BPF_WEAK int bpf_raw_tracepoint_open(const char *name, int prog_fd)
{
	if (!name)
		return wasm_bpf_result_logged(wasm_bpf_v1_program_attach_trace(prog_fd, 0));
	return wasm_bpf_result_logged(
		wasm_bpf_v1_program_attach_raw_tracepoint(prog_fd, name, strlen(name), 0));
}

struct bpf_test_run_opts {
	size_t sz;
	const void *data_in;
	void *data_out;
	__u32 data_size_in;
	__u32 data_size_out; /* in: room, out: size */
	const void *ctx_in;
	void *ctx_out;
	__u32 ctx_size_in;
	__u32 ctx_size_out; /* in: room, out: size */
	__u32 retval;	    /* out: what the program returned */
	int repeat;
	__u32 duration; /* out: nanoseconds for one run */
	__u32 flags;
	__u32 cpu;
	__u32 batch_size;
};
#define bpf_test_run_opts__last_field batch_size

/* program_test_run's struct, in and out. */
struct wasm_bpf_test_run {
	const void *data_in;
	uint32_t data_in_len;
	void *data_out;
	uint32_t data_out_len;
	const void *ctx_in;
	uint32_t ctx_in_len;
	void *ctx_out;
	uint32_t ctx_out_len;
	uint32_t repeat, flags, cpu, batch_size;
	uint32_t retval, duration;
	uint32_t reserved[10];
};

#ifdef __cplusplus
static_assert(sizeof(struct wasm_bpf_test_run) == 96, "program_test_run's options");
#else
_Static_assert(sizeof(struct wasm_bpf_test_run) == 96, "program_test_run's options");
#endif

/* Runs a loaded program on the caller's data. 0 or -errno. */
WASM_BPF_WEAK int bpf_prog_test_run_opts(int prog_fd, struct bpf_test_run_opts *opts)
{
	struct wasm_bpf_test_run run;
	int error;

	if (!wasm_bpf_options_valid(opts, sizeof(*opts)))
		return wasm_bpf_fail(-EINVAL);
	memset(&run, 0, sizeof(run));
	run.data_in = WASM_BPF_OPT(opts, data_in, NULL);
	run.data_in_len = WASM_BPF_OPT(opts, data_size_in, 0);
	run.data_out = WASM_BPF_OPT(opts, data_out, NULL);
	run.data_out_len = WASM_BPF_OPT(opts, data_size_out, 0);
	run.ctx_in = WASM_BPF_OPT(opts, ctx_in, NULL);
	run.ctx_in_len = WASM_BPF_OPT(opts, ctx_size_in, 0);
	run.ctx_out = WASM_BPF_OPT(opts, ctx_out, NULL);
	run.ctx_out_len = WASM_BPF_OPT(opts, ctx_size_out, 0);
	run.repeat = (uint32_t)WASM_BPF_OPT(opts, repeat, 0);
	run.flags = WASM_BPF_OPT(opts, flags, 0);
	run.cpu = WASM_BPF_OPT(opts, cpu, 0);
	run.batch_size = WASM_BPF_OPT(opts, batch_size, 0);
	error = wasm_bpf_result(wasm_bpf_v1_program_test_run(prog_fd, &run, sizeof(run)));
	WASM_BPF_OPT_SET(opts, data_size_out, run.data_out_len);
	WASM_BPF_OPT_SET(opts, ctx_size_out, run.ctx_out_len);
	WASM_BPF_OPT_SET(opts, retval, run.retval);
	WASM_BPF_OPT_SET(opts, duration, run.duration);
	return error;
}

#ifdef __cplusplus
}
#endif

#endif
