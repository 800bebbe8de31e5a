/*
 * What a skeleton header (bpftool gen skeleton, wasm-bpf gen) calls: the
 * structs that list an object's maps and programs, and their life.
 */
#ifndef WASM_BPF_SKELETON_H
#define WASM_BPF_SKELETON_H

#include <wasm_bpf/attach.h>
#include <wasm_bpf/error_symbol.h>
#include <wasm_bpf/map.h>
#include <wasm_bpf/program.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bpf_map_skeleton {
	const char *name;
	struct bpf_map **map;
	void **mmaped;
	struct bpf_link **link;
};

struct bpf_prog_skeleton {
	const char *name;
	struct bpf_program **prog;
	struct bpf_link **link;
};

struct bpf_object_skeleton {
	size_t sz;
	const char *name;
	const void *data;
	size_t data_sz;
	struct bpf_object **obj;
	int map_cnt;
	int map_skel_sz;
	struct bpf_map_skeleton *maps;
	int prog_cnt;
	int prog_skel_sz;
	struct bpf_prog_skeleton *progs;
};

/* The i-th entry, by the size that the generator wrote: older ones lack the last member. */
WASM_BPF_WEAK struct bpf_map_skeleton *wasm_bpf_map_skeleton(const struct bpf_object_skeleton *s,
							     int i)
{
	return (struct bpf_map_skeleton *)((char *)s->maps + (size_t)i * s->map_skel_sz);
}

WASM_BPF_WEAK struct bpf_prog_skeleton *
wasm_bpf_program_skeleton(const struct bpf_object_skeleton *s, int i)
{
	return (struct bpf_prog_skeleton *)((char *)s->progs + (size_t)i * s->prog_skel_sz);
}

/* Where the entry's link is kept, or NULL in skeletons older than struct_ops links. */
WASM_BPF_WEAK struct bpf_link **wasm_bpf_map_skeleton_link(const struct bpf_object_skeleton *s,
							   int i)
{
	size_t reach = offsetof(struct bpf_map_skeleton, link) + sizeof(void *);

	return (size_t)s->map_skel_sz < reach ? NULL : wasm_bpf_map_skeleton(s, i)->link;
}

/* Opens the object inside the skeleton and fills in its maps, programs and variables. */
WASM_BPF_WEAK int bpf_object__open_skeleton(struct bpf_object_skeleton *s,
					    const struct bpf_object_open_opts *opts)
{
	struct bpf_object_open_opts named;
	int i;

	if (!wasm_bpf_options_valid(opts, sizeof(*opts)))
		return wasm_bpf_fail(-EINVAL);
	memset(&named, 0, sizeof(named));
	if (opts)
		memcpy(&named, opts, opts->sz < sizeof(named) ? opts->sz : sizeof(named));
	named.sz = sizeof(named);
	if (!named.object_name)
		named.object_name = s->name;
	*s->obj = bpf_object__open_mem(s->data, s->data_sz, &named);
	if (!*s->obj) {
		wasm_bpf_print(LIBBPF_WARN,
			       "libbpf: failed to initialize skeleton BPF object '%s': %s\n",
			       s->name, wasm_bpf_error_symbol(errno).text);
		return -errno;
	}
	for (i = 0; i < s->map_cnt; i++) {
		struct bpf_map_skeleton *entry = wasm_bpf_map_skeleton(s, i);

		*entry->map = bpf_object__find_map_by_name(*s->obj, entry->name);
		if (!*entry->map) {
			wasm_bpf_print(LIBBPF_WARN, "libbpf: failed to find skeleton map '%s'\n",
				       entry->name);
			return wasm_bpf_fail(-ESRCH);
		}
		if (entry->mmaped && strcmp(entry->name, ".kconfig"))
			*entry->mmaped = bpf_map__initial_value(*entry->map, NULL);
	}
	for (i = 0; i < s->prog_cnt; i++) {
		struct bpf_prog_skeleton *entry = wasm_bpf_program_skeleton(s, i);

		*entry->prog = bpf_object__find_program_by_name(*s->obj, entry->name);
		if (!*entry->prog) {
			wasm_bpf_print(LIBBPF_WARN,
				       "libbpf: failed to find skeleton program '%s'\n",
				       entry->name);
			return wasm_bpf_fail(-ESRCH);
		}
	}
	return 0;
}

/* Loads the object; the variables' pointers are good from then on too. */
WASM_BPF_WEAK int bpf_object__load_skeleton(struct bpf_object_skeleton *s)
{
	int error = bpf_object__load(*s->obj);
	int i;

	if (error) {
		wasm_bpf_print(LIBBPF_WARN, "libbpf: failed to load BPF skeleton '%s': %s\n",
			       s->name, wasm_bpf_error_symbol(error).text);
		return wasm_bpf_fail(error);
	}
	for (i = 0; i < s->map_cnt; i++) {
		struct bpf_map_skeleton *entry = wasm_bpf_map_skeleton(s, i);

		if (!entry->mmaped)
			continue;
		*entry->mmaped = wasm_bpf_variables(*entry->map);
		error = wasm_bpf_view_open(*entry->map);
		if (error)
			return wasm_bpf_fail(error);
	}
	return 0;
}

/* Attaches what has no link yet: programs whose SEC() says where, and struct_ops maps. */
WASM_BPF_WEAK int bpf_object__attach_skeleton(struct bpf_object_skeleton *s)
{
	int i;

	for (i = 0; i < s->prog_cnt; i++) {
		struct bpf_prog_skeleton *entry = wasm_bpf_program_skeleton(s, i);

		if (*entry->link || !bpf_program__autoload(*entry->prog) ||
		    !bpf_program__autoattach(*entry->prog))
			continue;
		*entry->link = bpf_program__attach(*entry->prog);
		if (!*entry->link && errno != EOPNOTSUPP) {
			wasm_bpf_print(LIBBPF_WARN, "libbpf: prog '%s': failed to auto-attach: %s\n",
				       entry->name, wasm_bpf_error_symbol(errno).text);
			return -errno;
		}
	}
	for (i = 0; i < s->map_cnt; i++) {
		struct bpf_map *map = *wasm_bpf_map_skeleton(s, i)->map;
		struct bpf_link **link = wasm_bpf_map_skeleton_link(s, i);

		if (!link || *link || bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS ||
		    !bpf_map__autocreate(map) || !bpf_map__autoattach(map))
			continue;
		*link = wasm_bpf_link(wasm_bpf_v1_map_attach_struct_ops(map->handle));
		if (!*link) {
			wasm_bpf_print(LIBBPF_WARN, "libbpf: map '%s': failed to auto-attach: %s\n",
				       map->name, wasm_bpf_error_symbol(errno).text);
			return -errno;
		}
	}
	return 0;
}

/* Destroys the skeleton's links. */
WASM_BPF_WEAK void bpf_object__detach_skeleton(struct bpf_object_skeleton *s)
{
	struct bpf_link **link;
	int i;

	for (i = 0; i < s->prog_cnt; i++) {
		link = wasm_bpf_program_skeleton(s, i)->link;
		bpf_link__destroy(*link);
		*link = NULL;
	}
	for (i = 0; i < s->map_cnt; i++) {
		link = wasm_bpf_map_skeleton_link(s, i);
		if (!link)
			continue;
		bpf_link__destroy(*link);
		*link = NULL;
	}
}

/* Detaches, closes and frees everything; NULL is fine. */
WASM_BPF_WEAK void bpf_object__destroy_skeleton(struct bpf_object_skeleton *s)
{
	if (!s)
		return;
	bpf_object__detach_skeleton(s);
	if (s->obj)
		bpf_object__close(*s->obj);
	free(s->maps);
	free(s->progs);
	free(s);
}

#ifdef __cplusplus
}
#endif

#endif
