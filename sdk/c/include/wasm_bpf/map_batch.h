/*
 * bpf_map_*_batch(): many elements in one call, which costs a tenth of one
 * call each. Hash maps from kernel 5.6 on; per-CPU arrays from 5.13.
 */
#ifndef WASM_BPF_MAP_BATCH_H
#define WASM_BPF_MAP_BATCH_H

#include <wasm_bpf/map_fd.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bpf_map_batch_opts {
	size_t sz;
	__u64 elem_flags;
	__u64 flags;
};
#define bpf_map_batch_opts__last_field flags

/* Bytes of the mark where a batch ends: a bucket's number in hash maps, a key in the others. */
WASM_BPF_WEAK size_t wasm_bpf_batch_mark(const struct wasm_bpf_map_shape *shape)
{
	switch (shape->type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
		return sizeof(__u32);
	default:
		return shape->key_size;
	}
}

/* The shape, once count and options are sound; NULL and errno otherwise. */
WASM_BPF_WEAK const struct wasm_bpf_map_shape *
wasm_bpf_batch_start(int fd, const __u32 *count, const struct bpf_map_batch_opts *opts)
{
	const struct wasm_bpf_map_shape *shape = wasm_bpf_map_shape(fd);

	if (!shape)
		return NULL;
	if (!wasm_bpf_options_valid(opts, sizeof(*opts)) ||
	    (uint64_t)*count * shape->element_size > INT32_MAX ||
	    (uint64_t)*count * shape->key_size > INT32_MAX) {
		errno = EINVAL;
		return NULL;
	}
	return shape;
}

/*
 * Copies up to *count elements, from `in_batch` on (NULL: from the start), and
 * where to go on at `out_batch`. -ENOENT with the last ones; *count says how
 * many there are. -ENOSPC: a bucket holds more than *count.
 */
WASM_BPF_WEAK int bpf_map_lookup_batch(int fd, void *in_batch, void *out_batch, void *keys,
				       void *values, __u32 *count,
				       const struct bpf_map_batch_opts *opts)
{
	const struct wasm_bpf_map_shape *shape = wasm_bpf_batch_start(fd, count, opts);
	size_t mark;

	if (!shape)
		return -errno;
	mark = wasm_bpf_batch_mark(shape);
	return wasm_bpf_result(wasm_bpf_v1_map_lookup_batch(
		fd, in_batch, in_batch ? mark : 0, out_batch, mark, keys, *count * shape->key_size,
		values, *count * shape->element_size, count, WASM_BPF_OPT(opts, elem_flags, 0),
		WASM_BPF_OPT(opts, flags, 0)));
}

/* The same, and removes them; hash maps only. */
WASM_BPF_WEAK int bpf_map_lookup_and_delete_batch(int fd, void *in_batch, void *out_batch,
						  void *keys, void *values, __u32 *count,
						  const struct bpf_map_batch_opts *opts)
{
	const struct wasm_bpf_map_shape *shape = wasm_bpf_batch_start(fd, count, opts);
	size_t mark;

	if (!shape)
		return -errno;
	mark = wasm_bpf_batch_mark(shape);
	return wasm_bpf_result(wasm_bpf_v1_map_lookup_and_delete_batch(
		fd, in_batch, in_batch ? mark : 0, out_batch, mark, keys, *count * shape->key_size,
		values, *count * shape->element_size, count, WASM_BPF_OPT(opts, elem_flags, 0),
		WASM_BPF_OPT(opts, flags, 0)));
}

/* Stores *count elements; on failure *count says how many were stored. */
WASM_BPF_WEAK int bpf_map_update_batch(int fd, const void *keys, const void *values, __u32 *count,
				       const struct bpf_map_batch_opts *opts)
{
	const struct wasm_bpf_map_shape *shape = wasm_bpf_batch_start(fd, count, opts);

	if (!shape)
		return -errno;
	return wasm_bpf_result(wasm_bpf_v1_map_update_batch(
		fd, keys, *count * shape->key_size, values, *count * shape->element_size, count,
		WASM_BPF_OPT(opts, elem_flags, 0), WASM_BPF_OPT(opts, flags, 0)));
}

/* Removes *count elements; on failure *count says how many were removed. */
WASM_BPF_WEAK int bpf_map_delete_batch(int fd, const void *keys, __u32 *count,
				       const struct bpf_map_batch_opts *opts)
{
	const struct wasm_bpf_map_shape *shape = wasm_bpf_batch_start(fd, count, opts);

	if (!shape)
		return -errno;
	return wasm_bpf_result(wasm_bpf_v1_map_delete_batch(
		fd, keys, *count * shape->key_size, count, WASM_BPF_OPT(opts, elem_flags, 0),
		WASM_BPF_OPT(opts, flags, 0)));
}

#ifdef __cplusplus
}
#endif

#endif
