/*
 * bpf_object__*: opening an ELF object (from memory or from a file that the
 * guest may read), walking its programs and maps, loading and closing it.
 */
#ifndef WASM_BPF_OBJECT_H
#define WASM_BPF_OBJECT_H

#include <stdio.h>

#include <bpf/libbpf_legacy.h>
#include <wasm_bpf/arena.h>
#include <wasm_bpf/btf.h>
#include <wasm_bpf/error_symbol.h>
#include <wasm_bpf/globals.h>
#include <wasm_bpf/log.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bpf_object_open_opts {
	size_t sz;
	const char *object_name;
	bool relaxed_maps;
	const char *pin_root_path;
	__u32 : 32;
	const char *kconfig;
	const char *btf_custom_path;
	char *kernel_log_buf;
	size_t kernel_log_size;
	__u32 kernel_log_level;
	const char *bpf_token_path; /* not available */
	size_t : 0;
};
#define bpf_object_open_opts__last_field bpf_token_path

/* object_open's options as the host reads them. */
struct wasm_bpf_open_options {
	const char *name;
	size_t name_len;
	const char *btf_path;
	size_t btf_path_len;
	const char *pin_root;
	size_t pin_root_len;
	const char *kconfig;
	size_t kconfig_len;
	uint32_t kernel_log_level;
	uint32_t relaxed_maps;
	uint32_t kernel_log_size;
};

#ifdef __cplusplus
static_assert(sizeof(struct wasm_bpf_open_options) == 44, "object_open's options");
#else
_Static_assert(sizeof(struct wasm_bpf_open_options) == 44, "object_open's options");
#endif

/* Closes the object: its programs are unloaded, its maps closed; links live on. */
WASM_BPF_WEAK void bpf_object__close(struct bpf_object *obj);

/* Lists the programs and maps of a freshly opened object. 0 or -errno. */
WASM_BPF_WEAK int wasm_bpf_object_list(struct bpf_object *obj)
{
	int i, handle;

	while (wasm_bpf_v1_object_program(obj->handle, obj->program_count) > 0)
		obj->program_count++;
	while (wasm_bpf_v1_object_map(obj->handle, obj->map_count) > 0)
		obj->map_count++;
	obj->programs = (struct bpf_program *)calloc(obj->program_count + 1, sizeof(*obj->programs));
	obj->maps = (struct bpf_map *)calloc(obj->map_count + 1, sizeof(*obj->maps));
	if (!obj->programs || !obj->maps)
		return -ENOMEM;
	for (i = 0; i < obj->program_count; i++) {
		handle = wasm_bpf_v1_object_program(obj->handle, i);
		obj->programs[i].object = obj;
		obj->programs[i].handle = handle;
		obj->programs[i].name = wasm_bpf_text(wasm_bpf_v1_program_name, handle);
		obj->programs[i].section = wasm_bpf_text(wasm_bpf_v1_program_section, handle);
		if (!obj->programs[i].name || !obj->programs[i].section)
			return -ENOMEM;
	}
	for (i = 0; i < obj->map_count; i++) {
		handle = wasm_bpf_v1_object_map(obj->handle, i);
		obj->maps[i].object = obj;
		obj->maps[i].handle = handle;
		obj->maps[i].name = wasm_bpf_text(wasm_bpf_v1_map_name, handle);
		if (!obj->maps[i].name)
			return -ENOMEM;
	}
	return 0;
}

/* Opens an ELF object that lies in memory, which the caller may free afterwards. */
WASM_BPF_WEAK struct bpf_object *bpf_object__open_mem(const void *obj_buf, size_t obj_buf_sz,
						      const struct bpf_object_open_opts *opts)
{
	struct wasm_bpf_open_options options;
	struct bpf_object *obj;
	int error;

	if (!obj_buf || !obj_buf_sz || !wasm_bpf_options_valid(opts, sizeof(*opts)))
		return (struct bpf_object *)wasm_bpf_fail_null(-EINVAL);
	if (WASM_BPF_OPT(opts, kernel_log_size, 0) &&
	    WASM_BPF_OPT(opts, kernel_log_buf, NULL) == NULL)
		return (struct bpf_object *)wasm_bpf_fail_null(-EINVAL);
	if (WASM_BPF_OPT(opts, bpf_token_path, NULL) != NULL) {
		wasm_bpf_print(LIBBPF_WARN,
			       "libbpf: bpf_token_path is not available to a guest\n");
		return (struct bpf_object *)wasm_bpf_fail_null(-EOPNOTSUPP);
	}
	memset(&options, 0, sizeof(options));
	options.name = WASM_BPF_OPT(opts, object_name, NULL);
	options.name_len = wasm_bpf_length(options.name);
	options.btf_path = WASM_BPF_OPT(opts, btf_custom_path, NULL);
	options.btf_path_len = wasm_bpf_length(options.btf_path);
	options.pin_root = WASM_BPF_OPT(opts, pin_root_path, NULL);
	options.pin_root_len = wasm_bpf_length(options.pin_root);
	options.kconfig = WASM_BPF_OPT(opts, kconfig, NULL);
	options.kconfig_len = wasm_bpf_length(options.kconfig);
	options.kernel_log_level = WASM_BPF_OPT(opts, kernel_log_level, 0);
	options.kernel_log_size = WASM_BPF_OPT(opts, kernel_log_size, 0);
	options.relaxed_maps = WASM_BPF_OPT(opts, relaxed_maps, false);

	obj = (struct bpf_object *)calloc(1, sizeof(*obj));
	if (!obj)
		return (struct bpf_object *)wasm_bpf_fail_null(-ENOMEM);
	obj->handle = wasm_bpf_result_logged(
		wasm_bpf_v1_object_open(obj_buf, obj_buf_sz, &options, sizeof(options)));
	if (obj->handle < 0) {
		free(obj);
		return NULL;
	}
	obj->log = WASM_BPF_OPT(opts, kernel_log_buf, NULL);
	obj->log_size = options.kernel_log_size;
	error = wasm_bpf_object_list(obj);
	obj->name = wasm_bpf_text(wasm_bpf_v1_object_name, obj->handle);
	if (error || !obj->name) {
		bpf_object__close(obj);
		return (struct bpf_object *)wasm_bpf_fail_null(-ENOMEM);
	}
	return obj;
}

/* Opens an ELF file through WASI. Its name, unless opts has one, is the file's up to the first dot. */
WASM_BPF_WEAK struct bpf_object *bpf_object__open_file(const char *path,
						       const struct bpf_object_open_opts *opts)
{
	struct bpf_object_open_opts named;
	struct bpf_object *obj = NULL;
	const char *base;
	char name[64], *dot;
	void *data = NULL;
	long size = -1;
	FILE *file;

	if (!path || !wasm_bpf_options_valid(opts, sizeof(*opts)))
		return (struct bpf_object *)wasm_bpf_fail_null(-EINVAL);
	file = fopen(path, "rb");
	if (!file) {
		wasm_bpf_print(LIBBPF_WARN, "libbpf: elf: failed to open %s: %s\n", path,
			       wasm_bpf_error_symbol(errno).text);
		return NULL;
	}
	if (!fseek(file, 0, SEEK_END))
		size = ftell(file);
	rewind(file);
	if (size > 0)
		data = malloc((size_t)size);
	if (!data || fread(data, 1, (size_t)size, file) != (size_t)size) {
		wasm_bpf_print(LIBBPF_WARN, "libbpf: failed to read %s\n", path);
		wasm_bpf_fail(size > 0 && !data ? -ENOMEM : -EIO);
	} else {
		memset(&named, 0, sizeof(named));
		if (opts)
			memcpy(&named, opts, opts->sz < sizeof(named) ? opts->sz : sizeof(named));
		named.sz = sizeof(named);
		base = strrchr(path, '/');
		snprintf(name, sizeof(name), "%s", base ? base + 1 : path);
		dot = strchr(name, '.');
		if (dot)
			*dot = '\0';
		if (!named.object_name)
			named.object_name = name;
		obj = bpf_object__open_mem(data, (size_t)size, &named);
	}
	free(data);
	fclose(file);
	return obj;
}

/* bpf_object__open_file() without options. */
WASM_BPF_WEAK struct bpf_object *bpf_object__open(const char *path)
{
	return bpf_object__open_file(path, NULL);
}

/* Hands the program's initial values, and memory for arenas, to the host; before prepare and load. 0 or -errno. */
WASM_BPF_WEAK int wasm_bpf_object_commit(struct bpf_object *obj)
{
	int error = 0, i;

	for (i = 0; i < obj->map_count && !error; i++) {
		error = wasm_bpf_view_commit(&obj->maps[i]);
		if (error)
			wasm_bpf_print(LIBBPF_WARN, "libbpf: map '%s': invalid initial value: %d\n",
				       obj->maps[i].name, error);
		else
			error = wasm_bpf_arena_offer(&obj->maps[i]);
	}
	return error;
}

/* Creates the maps and relocates the programs, but does not load them yet. */
WASM_BPF_WEAK int bpf_object__prepare(struct bpf_object *obj)
{
	int error;

	if (!obj || obj->state != WASM_BPF_OPEN)
		return wasm_bpf_fail(-EINVAL);
	error = wasm_bpf_object_commit(obj);
	if (error)
		return wasm_bpf_fail(error);
	error = wasm_bpf_v1_object_prepare(obj->handle);
	error = wasm_bpf_result_after(error, wasm_bpf_log_pull_long());
	if (!error)
		obj->state = WASM_BPF_PREPARED;
	return error;
}

/* Puts the verifier's log where the program wants it; as the kernel, only if there is one. */
WASM_BPF_WEAK void wasm_bpf_fill_log(int (*import)(int, char *, size_t), int handle, char *log,
				     size_t size)
{
	int length;

	if (!size || import(handle, NULL, 0) <= 0)
		return;
	length = import(handle, log, size - 1);
	log[length < (int)size ? length : (int)size - 1] = '\0';
}

WASM_BPF_WEAK void wasm_bpf_object_fill_logs(struct bpf_object *obj)
{
	int i;

	wasm_bpf_fill_log(wasm_bpf_v1_object_log, obj->handle, obj->log, obj->log_size);
	for (i = 0; i < obj->program_count; i++)
		wasm_bpf_fill_log(wasm_bpf_v1_program_log, obj->programs[i].handle,
				  obj->programs[i].log, obj->programs[i].log_size);
}

/* Creates the maps and loads the programs; once per object. */
WASM_BPF_WEAK int bpf_object__load(struct bpf_object *obj)
{
	int error, i;

	if (!obj)
		return wasm_bpf_fail(-EINVAL);
	if (obj->state == WASM_BPF_LOADED) {
		wasm_bpf_print(LIBBPF_WARN, "libbpf: object '%s': load can't be attempted twice\n",
			       obj->name);
		return wasm_bpf_fail(-EINVAL);
	}
	error = obj->state == WASM_BPF_OPEN ? wasm_bpf_object_commit(obj) : 0;
	if (error)
		return wasm_bpf_fail(error);
	error = wasm_bpf_v1_object_load(obj->handle);
	error = wasm_bpf_result_after(error, wasm_bpf_log_pull_long());
	wasm_bpf_object_fill_logs(obj);
	if (error)
		return error;
	obj->state = WASM_BPF_LOADED;
	for (i = 0; i < obj->map_count && !error; i++)
		error = wasm_bpf_view_open(&obj->maps[i]);
	return error ? wasm_bpf_fail(error) : 0;
}

WASM_BPF_WEAK void bpf_object__close(struct bpf_object *obj)
{
	int i;

	if (!obj || wasm_bpf_is_error(obj))
		return;
	for (i = 0; i < obj->program_count; i++) {
		free(obj->programs[i].name);
		free(obj->programs[i].section);
	}
	for (i = 0; i < obj->map_count; i++) {
		wasm_bpf_view_drop(&obj->maps[i]);
		free(obj->maps[i].name);
		free(obj->maps[i].pin_path);
	}
	wasm_bpf_v1_handle_close(obj->handle);
	wasm_bpf_log_pull();
	if (obj->btf) {
		obj->btf->owned_by_object = false;
		btf__free(obj->btf);
	}
	free(obj->programs);
	free(obj->maps);
	free(obj->name);
	free(obj);
}

/* The object's name: opts.object_name, or from the file's. */
WASM_BPF_WEAK const char *bpf_object__name(const struct bpf_object *obj)
{
	return obj ? obj->name : (const char *)wasm_bpf_fail_null(-EINVAL);
}

/* Always -1, as for every object that was opened without bpf_token_path. */
WASM_BPF_WEAK int bpf_object__token_fd(const struct bpf_object *obj)
{
	(void)obj;
	return -1;
}

/* The program after `prog`, or the first for NULL; NULL at the end. */
WASM_BPF_WEAK struct bpf_program *bpf_object__next_program(const struct bpf_object *obj,
							   struct bpf_program *prog)
{
	struct bpf_program *next = prog ? prog + 1 : obj->programs;

	return next < obj->programs + obj->program_count ? next : NULL;
}

/* The program before `prog`, or the last for NULL; NULL at the start. */
WASM_BPF_WEAK struct bpf_program *bpf_object__prev_program(const struct bpf_object *obj,
							   struct bpf_program *prog)
{
	struct bpf_program *end = prog ? prog : obj->programs + obj->program_count;

	return end > obj->programs ? end - 1 : NULL;
}

/* The map after `map`, or the first for NULL; NULL at the end. */
WASM_BPF_WEAK struct bpf_map *bpf_object__next_map(const struct bpf_object *obj,
						   const struct bpf_map *map)
{
	struct bpf_map *next = map ? (struct bpf_map *)map + 1 : obj->maps;

	return next < obj->maps + obj->map_count ? next : NULL;
}

/* The map before `map`, or the last for NULL; NULL at the start. */
WASM_BPF_WEAK struct bpf_map *bpf_object__prev_map(const struct bpf_object *obj,
						   const struct bpf_map *map)
{
	struct bpf_map *end = map ? (struct bpf_map *)map : obj->maps + obj->map_count;

	return end > obj->maps ? end - 1 : NULL;
}

#define bpf_object__for_each_program(pos, obj)                                                     \
	for ((pos) = bpf_object__next_program((obj), NULL); (pos) != NULL;                         \
	     (pos) = bpf_object__next_program((obj), (pos)))

#define bpf_object__for_each_map(pos, obj)                                                         \
	for ((pos) = bpf_object__next_map((obj), NULL); (pos) != NULL;                             \
	     (pos) = bpf_object__next_map((obj), (pos)))
#define bpf_map__for_each bpf_object__for_each_map

/* The program with this C name; NULL and ENOENT if there is none. */
WASM_BPF_WEAK struct bpf_program *bpf_object__find_program_by_name(const struct bpf_object *obj,
								   const char *name)
{
	int i;

	for (i = 0; i < obj->program_count; i++)
		if (!strcmp(obj->programs[i].name, name))
			return &obj->programs[i];
	return (struct bpf_program *)wasm_bpf_fail_null(-ENOENT);
}

/* The map with this name; `.bss` and the like also find libbpf's own names for them. */
WASM_BPF_WEAK struct bpf_map *bpf_object__find_map_by_name(const struct bpf_object *obj,
							   const char *name)
{
	int handle = wasm_bpf_v1_object_find_map(obj->handle, name, strlen(name));
	int i;

	for (i = 0; handle > 0 && i < obj->map_count; i++)
		if (obj->maps[i].handle == handle)
			return &obj->maps[i];
	return (struct bpf_map *)wasm_bpf_fail_null(-ENOENT);
}

#ifdef __cplusplus
}
#endif

#endif
