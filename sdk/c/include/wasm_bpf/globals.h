/*
 * Global variables of the BPF side (`skel->rodata`, `->data`, `->bss`) as
 * plain guest memory. Before load they are the object's initial values; load
 * hands those over and maps the kernel's pages over the same addresses, so
 * that loads and stores reach the live variables, as natively. A store to
 * .rodata after load ends the program, as natively too.
 */
#ifndef WASM_BPF_GLOBALS_H
#define WASM_BPF_GLOBALS_H

#include <wasm_bpf/error.h>
#include <wasm_bpf/import.h>
#include <wasm_bpf/types.h>

/* Windows begin at such an address and take whole blocks. */
#define WASM_BPF_WINDOW_BLOCK 0x10000u

#ifdef __cplusplus
extern "C" {
#endif

/* The guest's view of one map's variables. */
struct wasm_bpf_view {
	unsigned char *data; /* whole blocks */
	size_t size;	     /* of the variables */
	int window;	     /* once they are the kernel's, else 0 */
};

/* Guest memory for a window over `size` bytes, or NULL. */
WASM_BPF_WEAK unsigned char *wasm_bpf_window_memory(size_t size)
{
	size_t whole = (size + WASM_BPF_WINDOW_BLOCK - 1) & ~(size_t)(WASM_BPF_WINDOW_BLOCK - 1);

	return (unsigned char *)aligned_alloc(WASM_BPF_WINDOW_BLOCK, whole);
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
	if (wasm_bpf_v1_map_initial_value(map->handle, 0, view->data, view->size) < 0) {
		free(view->data);
		free(view);
		return NULL;
	}
	map->view = view;
	return view;
}

/* Before load: the host's object gets what the program has written. */
WASM_BPF_WEAK void wasm_bpf_view_commit(const struct bpf_map *map)
{
	if (map->view && !map->view->window)
		wasm_bpf_v1_map_set_initial_value(map->handle, 0, map->view->data, map->view->size);
}

/* After load: the kernel's pages take the place of the copy. 0 or -errno. */
WASM_BPF_WEAK int wasm_bpf_view_open(const struct bpf_map *map)
{
	struct wasm_bpf_view *view = map->view;
	size_t whole;
	int window;

	if (!view || view->window)
		return 0;
	whole = (view->size + WASM_BPF_WINDOW_BLOCK - 1) & ~(size_t)(WASM_BPF_WINDOW_BLOCK - 1);
	window = wasm_bpf_result(wasm_bpf_v1_map_window(map->handle, view->data, whole));
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
	free(map->view);
	map->view = NULL;
}

#ifdef __cplusplus
}
#endif

#endif
