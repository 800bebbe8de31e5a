/*
 * bpf_map__*: a map of an object, its definition (to be changed before load),
 * its initial value and its pin. Elements are in wasm_bpf/map_element.h.
 */
#ifndef WASM_BPF_MAP_H
#define WASM_BPF_MAP_H

#include <bpf/libbpf_legacy.h>
#include <wasm_bpf/globals.h>
#include <wasm_bpf/log.h>
#include <wasm_bpf/object.h>

#ifdef __cplusplus
extern "C" {
#endif

/* map_set's fields. */
enum wasm_bpf_map_field {
	WASM_BPF_MAP_TYPE,
	WASM_BPF_MAP_KEY_SIZE,
	WASM_BPF_MAP_VALUE_SIZE,
	WASM_BPF_MAP_MAX_ENTRIES,
	WASM_BPF_MAP_FLAGS,
	WASM_BPF_MAP_EXTRA,
	WASM_BPF_MAP_AUTOCREATE,
	WASM_BPF_MAP_NUMA_NODE,
	WASM_BPF_MAP_IFINDEX,
	WASM_BPF_MAP_AUTOATTACH,
};

/* What the host knows of the map; all zero if it fails. */
WASM_BPF_WEAK struct wasm_bpf_map_info wasm_bpf_map_info(int handle)
{
	struct wasm_bpf_map_info info;

	memset(&info, 0, sizeof(info));
	wasm_bpf_v1_map_info(handle, &info, sizeof(info));
	return info;
}

/* Whether the kernel has the map already. */
WASM_BPF_WEAK bool wasm_bpf_map_created(const struct bpf_map *map)
{
	return map->object->state != WASM_BPF_OPEN || map->reused;
}

/* Sets one field of the definition; -EBUSY once the map is created. */
WASM_BPF_WEAK int wasm_bpf_map_set(struct bpf_map *map, enum wasm_bpf_map_field field,
				   uint64_t value)
{
	if (wasm_bpf_map_created(map))
		return wasm_bpf_fail(-EBUSY);
	return wasm_bpf_result_logged(wasm_bpf_v1_map_set(map->handle, field, value));
}

/* The map's name as libbpf gives it to the kernel. */
WASM_BPF_WEAK const char *bpf_map__name(const struct bpf_map *map)
{
	return map ? map->name : NULL;
}

/* The descriptor of the created map: its handle, good for bpf_map_lookup_elem() and as a map's value; -1 before. */
WASM_BPF_WEAK int bpf_map__fd(const struct bpf_map *map)
{
	if (!map)
		return wasm_bpf_fail(-EINVAL);
	return wasm_bpf_map_created(map) ? map->handle : -1;
}

WASM_BPF_WEAK enum bpf_map_type bpf_map__type(const struct bpf_map *map)
{
	return (enum bpf_map_type)wasm_bpf_map_info(map->handle).type;
}

WASM_BPF_WEAK int bpf_map__set_type(struct bpf_map *map, enum bpf_map_type type)
{
	return wasm_bpf_map_set(map, WASM_BPF_MAP_TYPE, type);
}

WASM_BPF_WEAK __u32 bpf_map__key_size(const struct bpf_map *map)
{
	return wasm_bpf_map_info(map->handle).key_size;
}

WASM_BPF_WEAK int bpf_map__set_key_size(struct bpf_map *map, __u32 size)
{
	return wasm_bpf_map_set(map, WASM_BPF_MAP_KEY_SIZE, size);
}

WASM_BPF_WEAK __u32 bpf_map__value_size(const struct bpf_map *map)
{
	return wasm_bpf_map_info(map->handle).value_size;
}

/*
 * Whether a size was written as a number of `long`: with sizeof(long),
 * sizeof(size_t), sizeof(TYPE *) or the like, which are 4 here and 8 in BPF.
 */
WASM_BPF_WEAK bool wasm_bpf_is_size_of_longs(const char *text)
{
	while ((text = strstr(text, "sizeof"))) {
		const char *end = strchr(text, ')'), *first, *second;

		if (!end)
			return false;
		first = strstr(text, "long");
		second = first ? strstr(first + 4, "long") : NULL;
		if ((first && first < end && !(second && second < end)) || end[-1] == '*' ||
		    (end - text > 6 && !memcmp(end - 6, "size_t", 6)) ||
		    (end - text > 9 && !memcmp(end - 9, "uintptr_t", 9)))
			return true;
		text = end;
	}
	return false;
}

/*
 * For .data, .bss and .rodata it resizes the initial value too: ask
 * bpf_map__initial_value() again. A stack of so many `unsigned long`, 4 bytes
 * each here, is one of as many frames of 8: the size's text tells, or else
 * that half a frame is left over.
 */
WASM_BPF_WEAK int wasm_bpf_set_value_size(struct bpf_map *map, __u32 size, const char *text)
{
	bool viewed = map->view;
	int error;

	if ((size % 8 == 4 || wasm_bpf_is_size_of_longs(text)) &&
	    bpf_map__type(map) == BPF_MAP_TYPE_STACK_TRACE)
		size *= 2;
	if (viewed)
		wasm_bpf_view_commit(map);
	error = wasm_bpf_map_set(map, WASM_BPF_MAP_VALUE_SIZE, size);
	if (!error && viewed) {
		wasm_bpf_view_drop(map);
		if (!wasm_bpf_view(map))
			return wasm_bpf_fail(-ENOMEM);
	}
	return error;
}

WASM_BPF_WEAK int bpf_map__set_value_size(struct bpf_map *map, __u32 size)
{
	return wasm_bpf_set_value_size(map, size, "");
}
#define bpf_map__set_value_size(map, size) wasm_bpf_set_value_size(map, size, #size)

WASM_BPF_WEAK __u32 bpf_map__max_entries(const struct bpf_map *map)
{
	return wasm_bpf_map_info(map->handle).max_entries;
}

/* A ring buffer's size is rounded up to what the kernel accepts. */
WASM_BPF_WEAK int bpf_map__set_max_entries(struct bpf_map *map, __u32 max_entries)
{
	return wasm_bpf_map_set(map, WASM_BPF_MAP_MAX_ENTRIES, max_entries);
}

WASM_BPF_WEAK __u32 bpf_map__map_flags(const struct bpf_map *map)
{
	return wasm_bpf_map_info(map->handle).flags;
}

WASM_BPF_WEAK int bpf_map__set_map_flags(struct bpf_map *map, __u32 flags)
{
	return wasm_bpf_map_set(map, WASM_BPF_MAP_FLAGS, flags);
}

WASM_BPF_WEAK __u32 bpf_map__numa_node(const struct bpf_map *map)
{
	return wasm_bpf_map_info(map->handle).numa_node;
}

WASM_BPF_WEAK int bpf_map__set_numa_node(struct bpf_map *map, __u32 numa_node)
{
	return wasm_bpf_map_set(map, WASM_BPF_MAP_NUMA_NODE, numa_node);
}

WASM_BPF_WEAK __u32 bpf_map__ifindex(const struct bpf_map *map)
{
	return wasm_bpf_map_info(map->handle).ifindex;
}

WASM_BPF_WEAK int bpf_map__set_ifindex(struct bpf_map *map, __u32 ifindex)
{
	return wasm_bpf_map_set(map, WASM_BPF_MAP_IFINDEX, ifindex);
}

WASM_BPF_WEAK __u64 bpf_map__map_extra(const struct bpf_map *map)
{
	return wasm_bpf_map_info(map->handle).map_extra;
}

WASM_BPF_WEAK int bpf_map__set_map_extra(struct bpf_map *map, __u64 map_extra)
{
	return wasm_bpf_map_set(map, WASM_BPF_MAP_EXTRA, map_extra);
}

/* Whether load creates the map. */
WASM_BPF_WEAK bool bpf_map__autocreate(const struct bpf_map *map)
{
	return wasm_bpf_map_info(map->handle).autocreate;
}

WASM_BPF_WEAK int bpf_map__set_autocreate(struct bpf_map *map, bool autocreate)
{
	return wasm_bpf_map_set(map, WASM_BPF_MAP_AUTOCREATE, autocreate);
}

/* Whether the skeleton's attach attaches a struct_ops map. */
WASM_BPF_WEAK bool bpf_map__autoattach(const struct bpf_map *map)
{
	return !map->no_autoattach;
}

WASM_BPF_WEAK int bpf_map__set_autoattach(struct bpf_map *map, bool autoattach)
{
	if (bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS)
		return wasm_bpf_fail(-EINVAL);
	map->no_autoattach = !autoattach;
	return wasm_bpf_result_logged(
		wasm_bpf_v1_map_set(map->handle, WASM_BPF_MAP_AUTOATTACH, autoattach));
}

/* Whether libbpf made the map for a section of variables (.bss, .rodata.x, .kconfig, ...). */
WASM_BPF_WEAK bool bpf_map__is_internal(const struct bpf_map *map)
{
	return strchr(map->name, '.');
}

/*
 * The initial value, to be changed in place before load; afterwards the variables
 * themselves. Its size at `psize`. NULL if the map has none.
 */
WASM_BPF_WEAK void *bpf_map__initial_value(const struct bpf_map *map, size_t *psize)
{
	struct wasm_bpf_view *view = wasm_bpf_view((struct bpf_map *)map);

	if (!view || (wasm_bpf_map_created(map) && wasm_bpf_view_open(map)))
		return NULL;
	if (psize)
		*psize = view->size;
	return view->data;
}

/* Replaces the whole initial value before load; `size` must be the map's. */
WASM_BPF_WEAK int bpf_map__set_initial_value(struct bpf_map *map, const void *data, size_t size)
{
	struct wasm_bpf_map_info info;

	if (wasm_bpf_map_created(map))
		return wasm_bpf_fail(-EBUSY);
	info = wasm_bpf_map_info(map->handle);
	if (!size || size != info.initial_size || info.type == BPF_MAP_TYPE_STRUCT_OPS)
		return wasm_bpf_fail(-EINVAL);
	if (map->view)
		memcpy(map->view->data, data, size);
	return wasm_bpf_result_logged(
		wasm_bpf_v1_map_set_initial_value(map->handle, 0, data, size));
}

/* Use an existing map, by its descriptor, instead of creating one. */
WASM_BPF_WEAK int bpf_map__reuse_fd(struct bpf_map *map, int fd)
{
	char *name;
	int error = wasm_bpf_result_logged(wasm_bpf_v1_map_reuse(map->handle, fd));

	if (error)
		return error;
	map->reused = true;
	name = wasm_bpf_text(wasm_bpf_v1_map_name, map->handle);
	if (name) {
		free(map->name);
		map->name = name;
	}
	return 0;
}

/* The map whose definition the inner maps of a map of maps have; before load. */
WASM_BPF_WEAK int bpf_map__set_inner_map_fd(struct bpf_map *map, int fd)
{
	return wasm_bpf_result_logged(wasm_bpf_v1_map_set_inner(map->handle, fd));
}

/* Where load pins the map, or takes it from if it is there; NULL: nowhere. */
WASM_BPF_WEAK int bpf_map__set_pin_path(struct bpf_map *map, const char *path)
{
	return wasm_bpf_result_logged(
		wasm_bpf_v1_map_set_pin_path(map->handle, path, wasm_bpf_length(path)));
}

/* The pin path, or NULL; valid until the next such call for the map. */
WASM_BPF_WEAK const char *bpf_map__pin_path(const struct bpf_map *map)
{
	struct bpf_map *owner = (struct bpf_map *)map;

	free(owner->pin_path);
	owner->pin_path = wasm_bpf_text(wasm_bpf_v1_map_pin_path, map->handle);
	if (owner->pin_path && !owner->pin_path[0]) {
		free(owner->pin_path);
		owner->pin_path = NULL;
	}
	return owner->pin_path;
}

/* The name of libbpf 0.x. */
WASM_BPF_WEAK const char *bpf_map__get_pin_path(const struct bpf_map *map)
{
	return bpf_map__pin_path(map);
}

WASM_BPF_WEAK bool bpf_map__is_pinned(const struct bpf_map *map)
{
	return wasm_bpf_map_info(map->handle).pinned;
}

/* Pins the map at `path`, or where bpf_map__set_pin_path() said for NULL. */
WASM_BPF_WEAK int bpf_map__pin(struct bpf_map *map, const char *path)
{
	if (!map)
		return wasm_bpf_fail(-EINVAL);
	return wasm_bpf_result_logged(
		wasm_bpf_v1_map_pin(map->handle, path, wasm_bpf_length(path)));
}

/* Removes the pin at `path`, or at the map's own path for NULL. */
WASM_BPF_WEAK int bpf_map__unpin(struct bpf_map *map, const char *path)
{
	if (!map)
		return wasm_bpf_fail(-EINVAL);
	return wasm_bpf_result_logged(
		wasm_bpf_v1_map_unpin(map->handle, path, wasm_bpf_length(path)));
}

/* bpf_map__fd() of the map with this name; -ENOENT if there is none. */
WASM_BPF_WEAK int bpf_object__find_map_fd_by_name(const struct bpf_object *obj, const char *name)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(obj, name);

	return map ? bpf_map__fd(map) : wasm_bpf_fail(-ENOENT);
}

#ifdef __cplusplus
}
#endif

#endif
