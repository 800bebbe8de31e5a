/*
 * Arenas as plain guest memory. Before load the guest hands over a region of
 * its own, which becomes the arena: what BPF programs store there as pointers
 * are the guest's pointers. <bpf_arena.h> has what shared headers need.
 */
#ifndef WASM_BPF_ARENA_H
#define WASM_BPF_ARENA_H

#include <wasm_bpf/globals.h>
#include <wasm_bpf/log.h>

#ifdef __cplusplus
extern "C" {
#endif

/* BPF_MAP_TYPE_ARENA: headers of kernels before 6.9 do not have it. */
#define WASM_BPF_MAP_TYPE_ARENA 33

/* Gives guest memory to an arena that is about to be created; other maps stay as they are. 0 or -errno. */
WASM_BPF_WEAK int wasm_bpf_arena_offer(struct bpf_map *map)
{
	struct wasm_bpf_map_info info;
	unsigned char *memory = NULL;
	uint64_t size;
	int window;

	memset(&info, 0, sizeof(info));
	if (wasm_bpf_v1_map_info(map->handle, &info, sizeof(info)) < 0 ||
	    info.type != WASM_BPF_MAP_TYPE_ARENA || !info.autocreate || info.id)
		return 0;
	/* Made anew: before load it was a copy of the variables. */
	wasm_bpf_view_drop(map);
	size = (uint64_t)info.max_entries * (uint64_t)wasm_bpf_v1_page_size();
	if (size && size <= UINT32_MAX - WASM_BPF_WINDOW_BLOCK)
		memory = wasm_bpf_window_memory((size_t)size);
	map->view = (struct wasm_bpf_view *)calloc(1, sizeof(*map->view));
	if (!memory || !map->view) {
		free(memory);
		free(map->view);
		map->view = NULL;
		return wasm_bpf_fail(-ENOMEM);
	}
	map->view->data = memory;
	map->view->size = info.initial_size;
	window = wasm_bpf_result_logged(wasm_bpf_v1_arena_window(map->handle, memory, (size_t)size));
	if (window < 0) {
		wasm_bpf_view_drop(map);
		return window;
	}
	map->view->window = window;
	return 0;
}

/* Where a skeleton's variables of a loaded map are, or NULL. */
WASM_BPF_WEAK void *wasm_bpf_variables(struct bpf_map *map)
{
	struct wasm_bpf_view *view = wasm_bpf_view(map);
	struct wasm_bpf_map_info info;

	if (!view)
		return NULL;
	memset(&info, 0, sizeof(info));
	wasm_bpf_v1_map_info(map->handle, &info, sizeof(info));
	return view->data + info.globals_offset;
}

#ifdef __cplusplus
}
#endif

#endif
