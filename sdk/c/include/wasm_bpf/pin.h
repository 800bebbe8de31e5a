/*
 * bpf_object__pin*(): pins every map or program of an object under a
 * directory of a BPF file system, each by its name.
 */
#ifndef WASM_BPF_PIN_H
#define WASM_BPF_PIN_H

#include <stdio.h>

#include <wasm_bpf/map.h>
#include <wasm_bpf/program.h>

/* The longest path that Linux takes, with its NUL. */
#define WASM_BPF_PATH_SIZE 4096

#ifdef __cplusplus
extern "C" {
#endif

/* DIRECTORY/NAME, with '_' for the dots that BPF file systems do not allow. 0 or -errno. */
WASM_BPF_WEAK int wasm_bpf_pin_path(char *path, size_t size, const char *directory,
				    const char *name)
{
	size_t start = strlen(directory) + 1, i;
	int length = snprintf(path, size, "%s/%s", directory, name);

	if (length < 0 || (size_t)length >= size)
		return wasm_bpf_fail(-ENAMETOOLONG);
	for (i = start; path[i]; i++)
		if (path[i] == '.')
			path[i] = '_';
	return 0;
}

/* Removes the maps' pins, under `path` or (NULL) where each has its own. */
WASM_BPF_WEAK int bpf_object__unpin_maps(struct bpf_object *obj, const char *path)
{
	char own[WASM_BPF_PATH_SIZE];
	int i, error;

	if (!obj)
		return wasm_bpf_fail(-ENOENT);
	for (i = 0; i < obj->map_count; i++) {
		struct bpf_map *map = &obj->maps[i];

		if (!path && !bpf_map__pin_path(map))
			continue;
		error = path ? wasm_bpf_pin_path(own, sizeof(own), path, map->name) : 0;
		if (!error)
			error = bpf_map__unpin(map, path ? own : NULL);
		if (error)
			return error;
	}
	return 0;
}

/* Pins the created maps, under `path` or (NULL) those that have their own; all or none. */
WASM_BPF_WEAK int bpf_object__pin_maps(struct bpf_object *obj, const char *path)
{
	char own[WASM_BPF_PATH_SIZE];
	int i, error = 0;

	if (!obj || obj->state == WASM_BPF_OPEN)
		return wasm_bpf_fail(-ENOENT);
	for (i = 0; i < obj->map_count && !error; i++) {
		struct bpf_map *map = &obj->maps[i];

		if (!bpf_map__autocreate(map) || (!path && !bpf_map__pin_path(map)))
			continue;
		error = path ? wasm_bpf_pin_path(own, sizeof(own), path, map->name) : 0;
		if (!error)
			error = bpf_map__pin(map, path ? own : NULL);
	}
	if (!error)
		return 0;
	for (i -= 2; i >= 0; i--)
		if (bpf_map__is_pinned(&obj->maps[i]))
			bpf_map__unpin(&obj->maps[i], NULL);
	return wasm_bpf_fail(error);
}

/* Removes the programs' pins under `path`. */
WASM_BPF_WEAK int bpf_object__unpin_programs(struct bpf_object *obj, const char *path)
{
	char own[WASM_BPF_PATH_SIZE];
	int i, error;

	if (!obj)
		return wasm_bpf_fail(-ENOENT);
	for (i = 0; i < obj->program_count; i++) {
		error = wasm_bpf_pin_path(own, sizeof(own), path, obj->programs[i].name);
		if (!error)
			error = bpf_program__unpin(&obj->programs[i], own);
		if (error)
			return error;
	}
	return 0;
}

/* Pins the loaded programs under `path`; all or none. */
WASM_BPF_WEAK int bpf_object__pin_programs(struct bpf_object *obj, const char *path)
{
	char own[WASM_BPF_PATH_SIZE];
	int i, error = 0;

	if (!obj || obj->state != WASM_BPF_LOADED)
		return wasm_bpf_fail(-ENOENT);
	for (i = 0; i < obj->program_count && !error; i++) {
		error = wasm_bpf_pin_path(own, sizeof(own), path, obj->programs[i].name);
		if (!error)
			error = bpf_program__pin(&obj->programs[i], own);
	}
	if (!error)
		return 0;
	for (i -= 2; i >= 0; i--)
		if (!wasm_bpf_pin_path(own, sizeof(own), path, obj->programs[i].name))
			bpf_program__unpin(&obj->programs[i], own);
	return wasm_bpf_fail(error);
}

/* Pins maps and programs; all or none. */
WASM_BPF_WEAK int bpf_object__pin(struct bpf_object *obj, const char *path)
{
	int error = bpf_object__pin_maps(obj, path);

	if (error)
		return error;
	error = bpf_object__pin_programs(obj, path);
	if (error)
		bpf_object__unpin_maps(obj, path);
	return error ? wasm_bpf_fail(error) : 0;
}

/* Removes both kinds of pins. */
WASM_BPF_WEAK int bpf_object__unpin(struct bpf_object *obj, const char *path)
{
	int error = bpf_object__unpin_programs(obj, path);

	return error ? error : bpf_object__unpin_maps(obj, path);
}

#ifdef __cplusplus
}
#endif

#endif
