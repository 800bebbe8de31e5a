/*
 * bpf_link__*: an attachment. It ends when the link is destroyed (or the
 * program exits), unless it was pinned or disconnected.
 */
#ifndef WASM_BPF_LINK_H
#define WASM_BPF_LINK_H

#include <bpf/libbpf_legacy.h>
#include <wasm_bpf/log.h>
#include <wasm_bpf/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Makes a link of what an attach import returned; NULL and errno if it failed. */
WASM_BPF_WEAK struct bpf_link *wasm_bpf_link(int handle)
{
	struct bpf_link *link;

	handle = wasm_bpf_result_logged(handle);
	if (handle < 0)
		return NULL;
	link = (struct bpf_link *)calloc(1, sizeof(*link));
	if (!link) {
		wasm_bpf_v1_handle_close(handle);
		return (struct bpf_link *)wasm_bpf_fail_null(-ENOMEM);
	}
	link->handle = handle;
	return link;
}

/* Detaches and frees. NULL and error pointers are fine. 0 or -errno. */
WASM_BPF_WEAK int bpf_link__destroy(struct bpf_link *link)
{
	int error;

	if (!link || wasm_bpf_is_error(link))
		return 0;
	if (link->disconnected)
		wasm_bpf_v1_link_disconnect(link->handle);
	error = wasm_bpf_result_logged(wasm_bpf_v1_handle_close(link->handle));
	free(link->pin_path);
	free(link);
	return error;
}

/* Detaches, though the link may be pinned or held elsewhere; minimum kernel 5.9. */
WASM_BPF_WEAK int bpf_link__detach(struct bpf_link *link)
{
	return wasm_bpf_result_logged(wasm_bpf_v1_link_detach(link->handle));
}

/* From now on destroying the link leaves the program attached. */
WASM_BPF_WEAK void bpf_link__disconnect(struct bpf_link *link)
{
	link->disconnected = true;
}

/* The link's descriptor: a handle for bpf_iter_create() and the like. */
WASM_BPF_WEAK int bpf_link__fd(const struct bpf_link *link)
{
	return link ? link->handle : wasm_bpf_fail(-EINVAL);
}

/* Replaces the attached program. */
WASM_BPF_WEAK int bpf_link__update_program(struct bpf_link *link, struct bpf_program *prog)
{
	return wasm_bpf_result_logged(wasm_bpf_v1_link_update_program(link->handle, prog->handle));
}

/* Replaces the struct_ops map behind the link; minimum kernel 6.4. */
WASM_BPF_WEAK int bpf_link__update_map(struct bpf_link *link, const struct bpf_map *map)
{
	return wasm_bpf_result_logged(wasm_bpf_v1_link_update_map(link->handle, map->handle));
}

/* Where the link is pinned, or NULL. */
WASM_BPF_WEAK const char *bpf_link__pin_path(const struct bpf_link *link)
{
	return link->pin_path;
}

/* Pins the link in a BPF file system: it outlives the program. */
WASM_BPF_WEAK int bpf_link__pin(struct bpf_link *link, const char *path)
{
	char *copy;
	int error;

	if (link->pin_path)
		return wasm_bpf_fail(-EBUSY);
	copy = strdup(path);
	if (!copy)
		return wasm_bpf_fail(-ENOMEM);
	error = wasm_bpf_result_logged(wasm_bpf_v1_link_pin(link->handle, path, strlen(path)));
	if (error)
		free(copy);
	else
		link->pin_path = copy;
	return error;
}

/* Removes the pin. */
WASM_BPF_WEAK int bpf_link__unpin(struct bpf_link *link)
{
	int error;

	if (!link->pin_path)
		return wasm_bpf_fail(-EINVAL);
	error = wasm_bpf_result_logged(wasm_bpf_v1_link_unpin(link->handle));
	if (!error) {
		free(link->pin_path);
		link->pin_path = NULL;
	}
	return error;
}

/* Opens a pinned link; destroying it leaves the pin. */
WASM_BPF_WEAK struct bpf_link *bpf_link__open(const char *path)
{
	struct bpf_link *link = wasm_bpf_link(wasm_bpf_v1_link_open(path, strlen(path)));

	if (link) {
		link->pin_path = strdup(path);
		if (!link->pin_path) {
			bpf_link__destroy(link);
			return (struct bpf_link *)wasm_bpf_fail_null(-ENOMEM);
		}
	}
	return link;
}

#ifdef __cplusplus
}
#endif

#endif
