/*
 * Global variables of the BPF side (`skel->rodata`, `->data`, `->bss`) as
 * plain guest memory. Before load they are the object's initial values; load
 * hands those over and maps the kernel's pages over the same addresses, so
 * that loads and stores reach the live variables, as natively. A store to
 * .rodata after load ends the program, as natively too.
 *
 * The initial value of a struct_ops map is such memory until load: a struct
 * whose functions are programs, pointers here and numbers for the host.
 */
#ifndef WASM_BPF_GLOBALS_H
#define WASM_BPF_GLOBALS_H

#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wasm_bpf/error.h>
#include <wasm_bpf/import.h>
#include <wasm_bpf/kernel_symbols.h>
#include <wasm_bpf/types.h>
#include <wasm_bpf/window.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The guest's view of one map's variables. */
struct wasm_bpf_view {
	unsigned char *data; /* whole blocks */
	size_t size;	     /* of the variables */
	int window;	     /* once they are the kernel's, else 0 */
	uint32_t *members;   /* struct_ops: where the programs are */
	int member_count;
};

/* Finds the programs in a struct_ops map's value; false without memory. */
WASM_BPF_WEAK bool wasm_bpf_view_find_programs(const struct bpf_map *map, struct wasm_bpf_view *view)
{
	int i, count = wasm_bpf_v1_map_program_members(map->handle, NULL, 0);

	if (count <= 0)
		return true;
	view->members = (uint32_t *)calloc((size_t)count, sizeof(*view->members));
	if (!view->members)
		return false;
	view->member_count = count;
	wasm_bpf_v1_map_program_members(map->handle, view->members,
					(size_t)count * sizeof(*view->members));
	for (i = 0; i < count; i++) {
		unsigned char *slot = view->data + view->members[i];
		struct bpf_program *program = NULL;
		uint64_t number;

		memcpy(&number, slot, sizeof(number));
		if (number && number <= (uint64_t)map->object->program_count)
			program = &map->object->programs[number - 1];
		memset(slot, 0, sizeof(number));
		memcpy(slot, &program, sizeof(program));
	}
	return true;
}

/* Writes the host's numbers into a copy of the view; -ENOTSUP for what is no program of the object. */
WASM_BPF_WEAK int wasm_bpf_view_number_programs(const struct bpf_map *map, unsigned char *copy)
{
	const struct bpf_object *object = map->object;
	int i;

	for (i = 0; i < map->view->member_count; i++) {
		unsigned char *slot = copy + map->view->members[i];
		__UINTPTR_TYPE__ address, first = (__UINTPTR_TYPE__)object->programs;
		uint64_t number = 0;

		memcpy(&address, slot, sizeof(address));
		if (address) {
			number = (address - first) / sizeof(*object->programs) + 1;
			if (address < first || (address - first) % sizeof(*object->programs) ||
			    number > (uint64_t)object->program_count)
				return -ENOTSUP; /* libbpf's answer to what is no program */
		}
		memcpy(slot, &number, sizeof(number));
	}
	return 0;
}

/* Makes the guest's view of a map's initial value, once; NULL: it has none, or no memory. */
WASM_BPF_WEAK struct wasm_bpf_view *wasm_bpf_view(struct bpf_map *map)
{
	struct wasm_bpf_map_info info;
	struct wasm_bpf_view *view;

	if (map->view)
		return map->view;
	memset(&info, 0, sizeof(info));
	if (wasm_bpf_v1_map_info(map->handle, &info, sizeof(info)) < 0 || !info.initial_size)
		return NULL;
	view = (struct wasm_bpf_view *)calloc(1, sizeof(*view));
	if (!view)
		return NULL;
	view->size = info.initial_size;
	view->data = wasm_bpf_window_memory(view->size);
	if (!view->data) {
		free(view);
		return NULL;
	}
	if (wasm_bpf_v1_map_initial_value(map->handle, 0, view->data, view->size) < 0 ||
	    (info.type == BPF_MAP_TYPE_STRUCT_OPS && !wasm_bpf_view_find_programs(map, view))) {
		free(view->data);
		free(view);
		return NULL;
	}
	map->view = view;
	return view;
}

/* The kernel symbol's address that has this lower half; the half where there is none. */
WASM_BPF_WEAK uint64_t wasm_bpf_symbol_with_half(uint32_t half)
{
	FILE *symbols = fopen("/proc/kallsyms", "r");
	char line[512], digits[9];
	uint64_t found = half;

	snprintf(digits, sizeof(digits), "%08x", (unsigned int)half);
	while (symbols && found == half && fgets(line, sizeof(line), symbols))
		if (strlen(line) > 16 && !strncmp(line + 8, digits, 8))
			found = strtoull(line, NULL, 16);
	if (symbols)
		fclose(symbols);
	return found;
}

/*
 * A symbol that a program has read from /proc/kallsyms into `unsigned long`, or
 * made a pointer of, and stores in a constant of 64 bits, is there as the BPF
 * side needs it.
 */
#ifdef WASM_BPF_LONG_64
#define WASM_BPF_SYMBOLS_LOSE_HALVES wasm_bpf_symbols_opened
#else
#define WASM_BPF_SYMBOLS_LOSE_HALVES wasm_bpf_symbols_are_halves
#endif
WASM_BPF_WEAK void wasm_bpf_complete_addresses(unsigned char *data, size_t size)
{
	uint64_t number;
	size_t at;

	for (at = 0; at + sizeof(number) <= size; at += sizeof(number)) {
		memcpy(&number, data + at, sizeof(number));
		if (number >> 31 != 1)
			continue;
		number = wasm_bpf_symbol_with_half((uint32_t)number);
		memcpy(data + at, &number, sizeof(number));
	}
}

/* Before load: the host's object gets what the program has written. 0 or -errno. */
WASM_BPF_WEAK int wasm_bpf_view_commit(const struct bpf_map *map)
{
	struct wasm_bpf_view *view = map->view;
	unsigned char *copy;
	int error;

	if (!view || view->window)
		return 0;
	copy = (unsigned char *)malloc(view->size);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, view->data, view->size);
	if (WASM_BPF_SYMBOLS_LOSE_HALVES && strstr(map->name, ".rodata"))
		wasm_bpf_complete_addresses(copy, view->size);
	error = wasm_bpf_view_number_programs(map, copy);
	if (!error)
		error = wasm_bpf_result(wasm_bpf_v1_map_set_initial_value(map->handle, 0, copy, view->size));
	free(copy);
	return error;
}

/* After load: the kernel's pages take the place of the copy. 0 or -errno. */
WASM_BPF_WEAK int wasm_bpf_view_open(const struct bpf_map *map)
{
	struct wasm_bpf_view *view = map->view;
	int window;

	if (!view || view->window || view->member_count)
		return 0;
	window = wasm_bpf_result(wasm_bpf_v1_map_window(map->handle, view->data,
							wasm_bpf_window_whole(view->size)));
	if (window < 0)
		return window;
	view->window = window;
	return 0;
}

/* Ends a map's view; the program's pointers into it end here. */
WASM_BPF_WEAK void wasm_bpf_view_drop(struct bpf_map *map)
{
	if (!map->view)
		return;
	if (map->view->window)
		wasm_bpf_v1_handle_close(map->view->window);
	free(map->view->data);
	free(map->view->members);
	free(map->view);
	map->view = NULL;
}

#ifdef __cplusplus
}
#endif

#endif
