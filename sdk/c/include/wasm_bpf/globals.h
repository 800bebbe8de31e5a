/*
 * Global variables of the BPF side (`skel->rodata`, `->data`, `->bss`) as
 * plain guest memory. Before load it holds the object's initial values; at
 * load the kernel's own pages are mapped over it, so that from then on a load
 * or store is one of the variable itself. A store to .rodata after load traps,
 * as it does natively.
 */
#ifndef WASM_BPF_GLOBALS_H
#define WASM_BPF_GLOBALS_H

#include <wasm_bpf/blocks.h>
#include <wasm_bpf/error.h>
#include <wasm_bpf/import.h>
#include <wasm_bpf/log.h>
#include <wasm_bpf/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct wasm_bpf_globals {
	size_t size;
	unsigned char *data; /* what the program sees: whole 64 KiB blocks, as windows ask for */
	int window;	     /* 0 before load */
};

/* Makes the guest's view of a map's initial value, once; NULL: it has none, or no memory. */
WASM_BPF_WEAK struct wasm_bpf_globals *wasm_bpf_globals(struct bpf_map *map)
{
	struct wasm_bpf_map_info info;
	struct wasm_bpf_globals *globals;

	if (map->globals)
		return map->globals;
	memset(&info, 0, sizeof(info));
	if (wasm_bpf_v1_map_info(map->handle, &info, sizeof(info)) < 0 || !info.initial_size)
		return NULL;
	globals = (struct wasm_bpf_globals *)calloc(1, sizeof(*globals));
	if (!globals)
		return NULL;
	globals->size = info.initial_size;
	globals->data = wasm_bpf_blocks(globals->size);
	if (!globals->data) {
		free(globals);
		return NULL;
	}
	wasm_bpf_v1_map_initial_value(map->handle, 0, globals->data, globals->size);
	map->globals = globals;
	return globals;
}

/* Before load: the host's object gets what the program has written. */
WASM_BPF_WEAK void wasm_bpf_globals_commit(struct bpf_map *map)
{
	if (map->globals && !map->globals->window)
		wasm_bpf_v1_map_set_initial_value(map->handle, 0, map->globals->data,
						  map->globals->size);
}

/* After load: the variables themselves take the place of their initial values. 0 or -errno. */
WASM_BPF_WEAK int wasm_bpf_globals_map(struct bpf_map *map)
{
	struct wasm_bpf_globals *globals = map->globals;
	int window;

	if (!globals || globals->window)
		return 0;
	window = wasm_bpf_result_logged(wasm_bpf_v1_map_window(
		map->handle, globals->data, wasm_bpf_blocks_size(globals->size)));
	if (window < 0)
		return window;
	globals->window = window;
	return 0;
}

/* Forgets a map's view; the program's pointers into it end here. */
WASM_BPF_WEAK void wasm_bpf_globals_drop(struct bpf_map *map)
{
	if (!map->globals)
		return;
	if (map->globals->window)
		wasm_bpf_v1_handle_close(map->globals->window);
	free(map->globals->data);
	free(map->globals);
	map->globals = NULL;
}

#ifdef __cplusplus
}
#endif

#endif
