/*
 * bpf_map_*: elements of a map by its descriptor, one at a time. The kernel
 * knows how much it reads and writes; the host wants it said, so the sizes of
 * the maps in use are asked for once and kept in a small table.
 */
#ifndef WASM_BPF_MAP_FD_H
#define WASM_BPF_MAP_FD_H

#include <linux/bpf.h>

#include <wasm_bpf/address.h>
#include <wasm_bpf/error.h>
#include <wasm_bpf/import.h>
#include <wasm_bpf/kernel_symbols.h>
#include <wasm_bpf/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a map's elements take; per-CPU values take 8-byte steps for each possible CPU. */
struct wasm_bpf_map_shape {
	int map;
	uint32_t type;
	uint32_t key_size;
	uint32_t value_size;
	uint32_t element_size;
};

#define WASM_BPF_MAP_SHAPES 64

WASM_BPF_VARIABLE struct wasm_bpf_map_shape wasm_bpf_map_shapes[WASM_BPF_MAP_SHAPES];

/* Asks the host for the shape of a created map; NULL and errno for what is none. */
WASM_BPF_WEAK const struct wasm_bpf_map_shape *wasm_bpf_map_ask(int fd)
{
	struct wasm_bpf_map_shape *shape =
		&wasm_bpf_map_shapes[(uint32_t)fd % WASM_BPF_MAP_SHAPES];
	struct wasm_bpf_map_info info;

	memset(&info, 0, sizeof(info));
	if (wasm_bpf_result(wasm_bpf_v1_map_info(fd, &info, sizeof(info))) < 0)
		return NULL;
	shape->map = fd;
	shape->type = info.type;
	shape->key_size = info.key_size;
	shape->value_size = info.value_size;
	shape->element_size = info.lookup_size;
	return shape;
}

/* The shape of a created map; NULL and errno for what is none. Handles are never used twice. */
static inline const struct wasm_bpf_map_shape *wasm_bpf_map_shape(int fd)
{
	const struct wasm_bpf_map_shape *shape =
		&wasm_bpf_map_shapes[(uint32_t)fd % WASM_BPF_MAP_SHAPES];

	return fd >= WASM_BPF_FIRST_HANDLE && shape->map == fd ? shape : wasm_bpf_map_ask(fd);
}

/* How much a value takes; the flags that name one CPU, or all at once, mean a single one. */
WASM_BPF_HOT size_t wasm_bpf_value_size(const struct wasm_bpf_map_shape *shape, __u64 flags)
{
	return flags & (8 /* BPF_F_CPU */ | 16 /* BPF_F_ALL_CPUS */) ? shape->value_size
								     : shape->element_size;
}

/*
 * A stack was read. A process's mappings may be asked for next, to find its
 * addresses in; the kernel's are to be compared with symbols, which are the
 * lower halves of theirs where the program has read them so.
 */
WASM_BPF_HOT void wasm_bpf_stack_seen(uint64_t *frames, size_t count)
{
#ifndef WASM_BPF_LONG_64
	size_t i;

	for (i = 0; i < count && frames[i]; i++) {
		wasm_bpf_address_seen(frames[i]);
		if (wasm_bpf_symbols_are_halves && frames[i] >> 63)
			frames[i] = wasm_bpf_address_half(frames[i]);
	}
#else
	(void)frames;
	(void)count;
#endif
}

/* Creates or replaces an element. `key` NULL for queues, stacks and bloom filters. 0 or -errno. */
WASM_BPF_HOT int bpf_map_update_elem(int fd, const void *key, const void *value, __u64 flags)
{
	const struct wasm_bpf_map_shape *shape = wasm_bpf_map_shape(fd);

	if (!shape)
		return -errno;
	return wasm_bpf_result(wasm_bpf_v1_map_update(fd, key, key ? shape->key_size : 0, value,
						      wasm_bpf_value_size(shape, flags), flags));
}

/* A lookup in a map of stacks. Apart, so that others have nothing to keep across their call. */
__attribute__((noinline)) WASM_BPF_WEAK int
wasm_bpf_map_lookup_stack(const struct wasm_bpf_map_shape *shape, const void *key, void *value,
			  __u64 flags)
{
	const size_t size = shape->value_size;
	int error = wasm_bpf_result(wasm_bpf_v1_map_lookup(
		shape->map, key, key ? shape->key_size : 0, value, size, flags));

	if (!error)
		wasm_bpf_stack_seen((uint64_t *)value, size / sizeof(uint64_t));
	return error;
}

/* Copies an element's value out; -ENOENT if there is no such key. */
WASM_BPF_HOT int bpf_map_lookup_elem_flags(int fd, const void *key, void *value, __u64 flags)
{
	const struct wasm_bpf_map_shape *shape = wasm_bpf_map_shape(fd);

	if (!shape)
		return -errno;
	if (shape->type == BPF_MAP_TYPE_STACK_TRACE)
		return wasm_bpf_map_lookup_stack(shape, key, value, flags);
	return wasm_bpf_result(wasm_bpf_v1_map_lookup(fd, key, key ? shape->key_size : 0, value,
						      wasm_bpf_value_size(shape, flags), flags));
}

WASM_BPF_HOT int bpf_map_lookup_elem(int fd, const void *key, void *value)
{
	return bpf_map_lookup_elem_flags(fd, key, value, 0);
}

/* Takes an element out; hash maps from kernel 5.14 on, queues and stacks from 4.20. */
WASM_BPF_HOT int bpf_map_lookup_and_delete_elem_flags(int fd, const void *key, void *value,
						       __u64 flags)
{
	const struct wasm_bpf_map_shape *shape = wasm_bpf_map_shape(fd);

	if (!shape)
		return -errno;
	return wasm_bpf_result(wasm_bpf_v1_map_lookup_and_delete(
		fd, key, key ? shape->key_size : 0, value, wasm_bpf_value_size(shape, flags),
		flags));
}

WASM_BPF_HOT int bpf_map_lookup_and_delete_elem(int fd, const void *key, void *value)
{
	return bpf_map_lookup_and_delete_elem_flags(fd, key, value, 0);
}

/* Removes an element; -ENOENT if there is no such key. */
WASM_BPF_HOT int bpf_map_delete_elem_flags(int fd, const void *key, __u64 flags)
{
	const struct wasm_bpf_map_shape *shape = wasm_bpf_map_shape(fd);

	if (!shape)
		return -errno;
	return wasm_bpf_result(wasm_bpf_v1_map_delete(fd, key, shape->key_size, flags));
}

WASM_BPF_HOT int bpf_map_delete_elem(int fd, const void *key)
{
	return bpf_map_delete_elem_flags(fd, key, 0);
}

/* The key after `key`, or the first for NULL (or for one that is gone); -ENOENT at the end. */
WASM_BPF_HOT int bpf_map_get_next_key(int fd, const void *key, void *next_key)
{
	const struct wasm_bpf_map_shape *shape = wasm_bpf_map_shape(fd);

	if (!shape)
		return -errno;
	return wasm_bpf_result(wasm_bpf_v1_map_next_key(fd, key, key ? shape->key_size : 0,
							next_key, shape->key_size));
}

/* No more updates from user space; minimum kernel 5.2. */
WASM_BPF_WEAK int bpf_map_freeze(int fd)
{
	return wasm_bpf_result(wasm_bpf_v1_map_freeze(fd));
}

#ifdef __cplusplus
}
#endif

#include <wasm_bpf/narrow.h>

#endif
