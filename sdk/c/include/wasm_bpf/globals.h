/*
 * Global variables of the BPF side (`skel->rodata`, `->data`, `->bss`) as
 * plain guest memory. Before load they are the object's initial values. After
 * load the guest's stores go to the kernel, and the kernel's arrive, at every
 * call that waits (ring and perf polls, sleeps); stores also before updates of
 * maps, attaching and test runs. Only changed bytes are written, so neighbours
 * that a BPF program counts up meanwhile keep their value.
 */
#ifndef WASM_BPF_GLOBALS_H
#define WASM_BPF_GLOBALS_H

#include <wasm_bpf/error.h>
#include <wasm_bpf/import.h>
#include <wasm_bpf/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct wasm_bpf_mirror {
	struct wasm_bpf_mirror *next;
	int map;
	bool read_only; /* to user space after load: .rodata, .kconfig */
	bool live;	/* loaded, and in the list of the ones to be kept in step */
	size_t size;
	unsigned char *data;  /* what the program sees: whole 64 KiB blocks */
	unsigned char *known; /* what the kernel had when the two last met; live ones only */
};

WASM_BPF_WEAK struct wasm_bpf_mirror *wasm_bpf_mirrors = NULL;

/* Writes the guest's changes since the last meeting to the kernel. */
WASM_BPF_WEAK void wasm_bpf_globals_push(void)
{
	struct wasm_bpf_mirror *mirror;

	for (mirror = wasm_bpf_mirrors; mirror; mirror = mirror->next) {
		const unsigned char *data = mirror->data;
		size_t at = 0, from;

		while (at < mirror->size) {
			if (at + 8 <= mirror->size && !memcmp(data + at, mirror->known + at, 8)) {
				at += 8;
				continue;
			}
			if (data[at] == mirror->known[at]) {
				at++;
				continue;
			}
			for (from = at; at < mirror->size && data[at] != mirror->known[at]; at++)
				mirror->known[at] = data[at];
			wasm_bpf_v1_map_set_initial_value(mirror->map, from, data + from, at - from);
		}
	}
}

/* Brings the kernel's values to the guest; push first. */
WASM_BPF_WEAK void wasm_bpf_globals_pull(void)
{
	struct wasm_bpf_mirror *mirror;

	for (mirror = wasm_bpf_mirrors; mirror; mirror = mirror->next) {
		wasm_bpf_v1_map_initial_value(mirror->map, 0, mirror->known, mirror->size);
		memcpy(mirror->data, mirror->known, mirror->size);
	}
}

/* Makes the guest's view of a map's initial value, once; NULL: it has none, or no memory. */
WASM_BPF_WEAK struct wasm_bpf_mirror *wasm_bpf_mirror(struct bpf_map *map)
{
	struct wasm_bpf_map_info info;
	struct wasm_bpf_mirror *mirror;

	if (map->mirror)
		return map->mirror;
	memset(&info, 0, sizeof(info));
	if (wasm_bpf_v1_map_info(map->handle, &info, sizeof(info)) < 0 || !info.initial_size)
		return NULL;
	mirror = (struct wasm_bpf_mirror *)calloc(1, sizeof(*mirror));
	if (!mirror)
		return NULL;
	mirror->map = map->handle;
	mirror->size = info.initial_size;
	mirror->read_only = info.flags & (1u << 7); /* BPF_F_RDONLY_PROG */
	mirror->data = (unsigned char *)aligned_alloc(0x10000, (mirror->size + 0xffff) & ~0xfffful);
	if (!mirror->data) {
		free(mirror);
		return NULL;
	}
	wasm_bpf_v1_map_initial_value(map->handle, 0, mirror->data, mirror->size);
	map->mirror = mirror;
	return mirror;
}

/* Before load: the host's object gets what the program has written. */
WASM_BPF_WEAK void wasm_bpf_mirror_commit(struct bpf_map *map)
{
	if (map->mirror && !map->mirror->live)
		wasm_bpf_v1_map_set_initial_value(map->handle, 0, map->mirror->data,
						  map->mirror->size);
}

/* Forgets a map's view; the program's pointers into it end here. */
WASM_BPF_WEAK void wasm_bpf_mirror_drop(struct bpf_map *map)
{
	struct wasm_bpf_mirror **at;

	if (!map->mirror)
		return;
	for (at = &wasm_bpf_mirrors; *at; at = &(*at)->next)
		if (*at == map->mirror) {
			*at = map->mirror->next;
			break;
		}
	free(map->mirror->known);
	free(map->mirror->data);
	free(map->mirror);
	map->mirror = NULL;
}

/* After load: from now on the view is kept in step with the kernel's map. 0 or -ENOMEM. */
WASM_BPF_WEAK int wasm_bpf_mirror_start(struct bpf_map *map)
{
	struct wasm_bpf_mirror *mirror = map->mirror;

	if (!mirror || mirror->live)
		return 0;
	wasm_bpf_v1_map_initial_value(map->handle, 0, mirror->data, mirror->size);
	mirror->live = true;
	if (mirror->read_only)
		return 0;
	mirror->known = (unsigned char *)malloc(mirror->size);
	if (!mirror->known)
		return -ENOMEM;
	memcpy(mirror->known, mirror->data, mirror->size);
	mirror->next = wasm_bpf_mirrors;
	wasm_bpf_mirrors = mirror;
	return 0;
}

#ifdef __cplusplus
}
#endif

#endif
