/*
 * bpf_map__lookup_elem() and its relatives: elements of an object's map, with
 * libbpf's checks of the sizes that the caller gives.
 */
#ifndef WASM_BPF_MAP_ELEMENT_H
#define WASM_BPF_MAP_ELEMENT_H

#include <wasm_bpf/map.h>
#include <wasm_bpf/map_fd.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 0, or -errno and a warning that names the map if a size is wrong; `value_sz` (size_t)-1: none. */
WASM_BPF_WEAK int wasm_bpf_check_element(const struct bpf_map *map, size_t key_sz, size_t value_sz,
					 __u64 flags)
{
	const struct wasm_bpf_map_shape *shape;
	size_t wanted;

	if (!wasm_bpf_map_created(map))
		return wasm_bpf_fail(-ENOENT);
	shape = wasm_bpf_map_shape(map->handle);
	if (!shape)
		return -errno;
	if (shape->key_size != key_sz) {
		wasm_bpf_print(LIBBPF_WARN,
			       "libbpf: map '%s': unexpected key size %u provided, expected %u\n",
			       map->name, (unsigned)key_sz, (unsigned)shape->key_size);
		return wasm_bpf_fail(-EINVAL);
	}
	wanted = wasm_bpf_value_size(shape, flags);
	if (value_sz != (size_t)-1 && value_sz != wanted) {
		wasm_bpf_print(LIBBPF_WARN,
			       "libbpf: map '%s': unexpected value size %u provided, expected %u\n",
			       map->name, (unsigned)value_sz, (unsigned)wanted);
		return wasm_bpf_fail(-EINVAL);
	}
	return 0;
}

/* Copies an element's value out; -ENOENT: no such key, -EINVAL: wrong sizes. */
WASM_BPF_WEAK int bpf_map__lookup_elem(const struct bpf_map *map, const void *key, size_t key_sz,
				       void *value, size_t value_sz, __u64 flags)
{
	int error = wasm_bpf_check_element(map, key_sz, value_sz, flags);

	return error ? error : (bpf_map_lookup_elem_flags)(map->handle, key, value, flags);
}

/* Creates or replaces an element. */
WASM_BPF_WEAK int bpf_map__update_elem(const struct bpf_map *map, const void *key, size_t key_sz,
				       const void *value, size_t value_sz, __u64 flags)
{
	int error = wasm_bpf_check_element(map, key_sz, value_sz, flags);

	return error ? error : (bpf_map_update_elem)(map->handle, key, value, flags);
}

/* Removes an element. */
WASM_BPF_WEAK int bpf_map__delete_elem(const struct bpf_map *map, const void *key, size_t key_sz,
				       __u64 flags)
{
	int error = wasm_bpf_check_element(map, key_sz, (size_t)-1, flags);

	return error ? error : (bpf_map_delete_elem_flags)(map->handle, key, flags);
}

/* Takes an element out. */
WASM_BPF_WEAK int bpf_map__lookup_and_delete_elem(const struct bpf_map *map, const void *key,
						  size_t key_sz, void *value, size_t value_sz,
						  __u64 flags)
{
	int error = wasm_bpf_check_element(map, key_sz, value_sz, flags);

	return error ? error : (bpf_map_lookup_and_delete_elem_flags)(map->handle, key, value, flags);
}

/* The key after `cur_key`, or the first for NULL; -ENOENT at the end. */
WASM_BPF_WEAK int bpf_map__get_next_key(const struct bpf_map *map, const void *cur_key,
					void *next_key, size_t key_sz)
{
	int error = wasm_bpf_check_element(map, key_sz, (size_t)-1, 0);

	return error ? error : (bpf_map_get_next_key)(map->handle, cur_key, next_key);
}

/*
 * Called by skeletons for the type of a map's key or value that has another
 * layout here: `size` bytes, of which the pieces are the map's. 0 or -errno.
 */
WASM_BPF_WEAK int wasm_bpf_map_narrow(const struct bpf_map *map, bool key, uint16_t size,
				      const struct wasm_bpf_piece *pieces, uint16_t count)
{
	struct wasm_bpf_narrow *narrow = (struct wasm_bpf_narrow *)malloc(sizeof(*narrow));

	if (!narrow)
		return wasm_bpf_fail(-ENOMEM);
	narrow->next = wasm_bpf_narrows;
	narrow->map = map->handle;
	narrow->key = key;
	narrow->size = size;
	narrow->count = count;
	narrow->pieces = pieces;
	wasm_bpf_narrows = narrow;
	return 0;
}

/* The size that the map has for what the program's type has less for; else what it gave. */
WASM_BPF_WEAK size_t wasm_bpf_wide_size(int fd, bool key, const struct wasm_bpf_typed given,
					size_t given_size, __u64 flags)
{
	const struct wasm_bpf_map_shape *shape = wasm_bpf_map_shape(fd);
	struct wasm_bpf_translation way;
	uint32_t size, whole;

	if (!shape || !given.at)
		return given_size;
	size = key ? shape->key_size : shape->value_size;
	whole = key ? size : (uint32_t)wasm_bpf_value_size(shape, flags);
	if (!wasm_bpf_translates(fd, key, given.unit, given.kind, size, whole, &way) ||
	    given_size != (size_t)way.count * way.narrow_size)
		return given_size;
	return whole;
}

/* The functions above for a key or a value that is narrower here. */
WASM_BPF_WEAK int wasm_bpf_map_element(enum wasm_bpf_element_call call, const struct bpf_map *map,
				       const struct wasm_bpf_typed key, size_t key_sz,
				       const struct wasm_bpf_typed value, size_t value_sz,
				       __u64 flags)
{
	int error;

	if (wasm_bpf_map_created(map)) {
		key_sz = wasm_bpf_wide_size(map->handle, true, key.at ? key : value, key_sz, flags);
		if (value_sz != (size_t)-1)
			value_sz = wasm_bpf_wide_size(map->handle, false, value, value_sz, flags);
	}
	error = wasm_bpf_check_element(map, key_sz, value_sz, flags);
	return error ? error : wasm_bpf_element(call, map->handle, key, value, flags);
}

#ifdef __cplusplus
}
#else

#define WASM_BPF_MAP_ELEMENT(call, plain, map, key, key_sz, value, value_sz, flags)                \
	(WASM_BPF_KIND(key) == WASM_BPF_AS_IT_IS && WASM_BPF_KIND(value) == WASM_BPF_AS_IT_IS &&   \
			 !wasm_bpf_narrows                                                         \
		 ? plain                                                                           \
		 : wasm_bpf_map_element(call, map, WASM_BPF_TYPED(key), key_sz,                    \
					WASM_BPF_TYPED(value), value_sz, flags))

#define WASM_BPF_MAP_LOOKUP_TYPED(map, key, key_sz, value, value_sz, flags)                         \
	WASM_BPF_MAP_ELEMENT(WASM_BPF_LOOKUP,                                                      \
			     bpf_map__lookup_elem(map, key, key_sz, value, value_sz, flags), map,  \
			     key, key_sz, value, value_sz, flags)
#define WASM_BPF_MAP_UPDATE_TYPED(map, key, key_sz, value, value_sz, flags)                         \
	WASM_BPF_MAP_ELEMENT(WASM_BPF_UPDATE,                                                      \
			     bpf_map__update_elem(map, key, key_sz, value, value_sz, flags), map,  \
			     key, key_sz, value, value_sz, flags)
#define WASM_BPF_MAP_DELETE_TYPED(map, key, key_sz, flags)                                          \
	WASM_BPF_MAP_ELEMENT(WASM_BPF_DELETE, bpf_map__delete_elem(map, key, key_sz, flags), map,  \
			     key, key_sz, NULL, (size_t)-1, flags)
#define WASM_BPF_MAP_TAKE_TYPED(map, key, key_sz, value, value_sz, flags)                           \
	WASM_BPF_MAP_ELEMENT(                                                                      \
		WASM_BPF_TAKE,                                                                     \
		bpf_map__lookup_and_delete_elem(map, key, key_sz, value, value_sz, flags), map,    \
		key, key_sz, value, value_sz, flags)
#define WASM_BPF_MAP_NEXT_KEY_TYPED(map, cur_key, next_key, key_sz)                                 \
	WASM_BPF_MAP_ELEMENT(WASM_BPF_NEXT_KEY,                                                    \
			     bpf_map__get_next_key(map, cur_key, next_key, key_sz), map, cur_key,  \
			     key_sz, next_key, (size_t)-1, 0)
#define WASM_BPF_IF_6(typed, plain, ...)                                                           \
	WASM_BPF_NTH(__VA_ARGS__, plain, plain, plain, plain, plain, plain, plain, plain, plain,   \
		     typed, plain, plain, plain, plain, plain, plain)                              \
	(__VA_ARGS__)

#define bpf_map__lookup_elem(...)                                                                  \
	WASM_BPF_IF_6(WASM_BPF_MAP_LOOKUP_TYPED, bpf_map__lookup_elem, __VA_ARGS__)
#define bpf_map__update_elem(...)                                                                  \
	WASM_BPF_IF_6(WASM_BPF_MAP_UPDATE_TYPED, bpf_map__update_elem, __VA_ARGS__)
#define bpf_map__delete_elem(...)                                                                  \
	WASM_BPF_IF_4(WASM_BPF_MAP_DELETE_TYPED, bpf_map__delete_elem, __VA_ARGS__)
#define bpf_map__lookup_and_delete_elem(...)                                                       \
	WASM_BPF_IF_6(WASM_BPF_MAP_TAKE_TYPED, bpf_map__lookup_and_delete_elem, __VA_ARGS__)
#define bpf_map__get_next_key(...)                                                                 \
	WASM_BPF_IF_4(WASM_BPF_MAP_NEXT_KEY_TYPED, bpf_map__get_next_key, __VA_ARGS__)

#endif

#endif
