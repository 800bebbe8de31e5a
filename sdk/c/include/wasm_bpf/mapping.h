/*
 * What mmap() gave out, so that munmap() can give it back: guest memory, with
 * a window of the kernel's pages over it where a map is mapped.
 */
#ifndef WASM_BPF_MAPPING_H
#define WASM_BPF_MAPPING_H

#include <wasm_bpf/error.h>
#include <wasm_bpf/import.h>
#include <wasm_bpf/window.h>

#ifdef __cplusplus
extern "C" {
#endif

struct wasm_bpf_mapping {
	struct wasm_bpf_mapping *next;
	unsigned char *pages;
	size_t length; /* in bytes, whole pages */
	int window;    /* 0: plain memory */
};

WASM_BPF_VARIABLE struct wasm_bpf_mapping *wasm_bpf_mappings = NULL;

WASM_BPF_WEAK size_t wasm_bpf_whole_pages(size_t length)
{
	return (length + WASM_BPF_PAGE - 1) & ~(size_t)(WASM_BPF_PAGE - 1);
}

/* Maps zeros, or with a handle a part of that map; (void *)-1 and errno on failure. */
WASM_BPF_WEAK void *wasm_bpf_mapping_new(size_t length, int map, size_t offset, int writable)
{
	void *const failed = (void *)-1;
	struct wasm_bpf_mapping *mapping;

	length = wasm_bpf_whole_pages(length);
	mapping = (struct wasm_bpf_mapping *)calloc(1, sizeof(*mapping));
	if (!mapping || !length || length > INT32_MAX ||
	    !(mapping->pages = wasm_bpf_window_memory(length))) {
		free(mapping);
		errno = ENOMEM;
		return failed;
	}
	mapping->length = length;
	if (map < 0) {
		memset(mapping->pages, 0, length);
	} else {
		mapping->window = wasm_bpf_result(wasm_bpf_v1_map_window_part(
			map, offset, mapping->pages, length, writable));
		if (mapping->window < 0) {
			free(mapping->pages);
			free(mapping);
			return failed;
		}
	}
	mapping->next = wasm_bpf_mappings;
	wasm_bpf_mappings = mapping;
	return mapping->pages;
}

/* 0, or -1 and EINVAL where no mapping of that length is. */
WASM_BPF_WEAK int wasm_bpf_mapping_end(void *pages, size_t length)
{
	struct wasm_bpf_mapping **at, *mapping;

	for (at = &wasm_bpf_mappings; (mapping = *at); at = &mapping->next) {
		if (mapping->pages != pages || mapping->length != wasm_bpf_whole_pages(length))
			continue;
		*at = mapping->next;
		if (mapping->window)
			wasm_bpf_v1_handle_close(mapping->window);
		free(mapping->pages);
		free(mapping);
		return 0;
	}
	errno = EINVAL;
	return -1;
}

#ifdef __cplusplus
}
#endif

#endif
