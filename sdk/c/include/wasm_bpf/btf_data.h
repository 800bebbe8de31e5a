/*
 * struct btf: a handle of the host's, whose raw data is copied into the guest
 * only when a type or a name is looked at (the kernel's takes some megabytes);
 * or data that the guest has itself. Split BTF (a module's) counts its types
 * and strings on from its base's.
 */
#ifndef WASM_BPF_BTF_DATA_H
#define WASM_BPF_BTF_DATA_H

#include <linux/btf.h>

#include <wasm_bpf/log.h>
#include <wasm_bpf/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct btf {
	int handle; /* 0: none, the data is the guest's */
	const struct btf *base;
	unsigned char *data; /* NULL until it is needed */
	uint32_t size;
	const char *strings;
	uint32_t strings_size;
	uint32_t *offsets; /* of the types in `data` */
	uint32_t count;	   /* of types, the base's and void not counted */
	uint32_t capacity; /* of `data`, if it has grown */
	uint32_t *slots;   /* the strings' offsets + 1, by hash; see btf_strings.h */
	uint32_t slot_count, slots_used;
	bool owned_by_object;
};

/* How many bytes a type takes; 0 for a kind that is not known. */
WASM_BPF_WEAK size_t wasm_bpf_btf_type_size(const struct btf_type *type)
{
	uint32_t members = BTF_INFO_VLEN(type->info);
	size_t extra;

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		extra = 0;
		break;
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		extra = 4;
		break;
	case BTF_KIND_ENUM:
	case BTF_KIND_FUNC_PROTO:
		extra = members * 8;
		break;
	case BTF_KIND_ARRAY:
		extra = sizeof(struct btf_array);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_DATASEC:
	case BTF_KIND_ENUM64:
		extra = members * 12;
		break;
	default:
		return 0;
	}
	return sizeof(*type) + extra;
}

/* Finds where the types begin. 0, or -EINVAL for what is not BTF. */
WASM_BPF_WEAK int wasm_bpf_btf_index(struct btf *btf)
{
	struct btf_header header;
	uint32_t at, end, pass;
	size_t step;

	if (btf->size < sizeof(header))
		return -EINVAL;
	memcpy(&header, btf->data, sizeof(header));
	if (header.magic != BTF_MAGIC || header.hdr_len < sizeof(header) ||
	    header.hdr_len > btf->size || header.type_off > btf->size - header.hdr_len ||
	    header.type_len > btf->size - header.hdr_len - header.type_off ||
	    header.str_off > btf->size - header.hdr_len ||
	    header.str_len > btf->size - header.hdr_len - header.str_off || header.type_off % 4 ||
	    (header.str_len ? btf->data[header.hdr_len + header.str_off + header.str_len - 1]
			    : !btf->base))
		return -EINVAL;
	btf->strings = (const char *)btf->data + header.hdr_len + header.str_off;
	btf->strings_size = header.str_len;
	end = header.hdr_len + header.type_off + header.type_len;
	for (pass = 0; pass < 2; pass++) {
		uint32_t count = 0;

		for (at = header.hdr_len + header.type_off; at < end; at += (uint32_t)step) {
			if (end - at < sizeof(struct btf_type))
				return -EINVAL;
			step = wasm_bpf_btf_type_size((const struct btf_type *)(btf->data + at));
			if (!step || step > end - at)
				return -EINVAL;
			if (pass)
				btf->offsets[count] = at;
			count++;
		}
		if (!pass)
			btf->offsets = (uint32_t *)malloc((count + 1) * sizeof(*btf->offsets));
		if (!btf->offsets)
			return -ENOMEM;
		btf->count = count;
	}
	return 0;
}

/* Copies the host's data over if that is still to be done. 0 or -errno, and errno. */
WASM_BPF_WEAK int wasm_bpf_btf_fetch(const struct btf *shared)
{
	struct btf *btf = (struct btf *)shared;
	int size, error = 0;

	if (btf->offsets)
		return 0;
	if (btf->base && wasm_bpf_btf_fetch(btf->base))
		return -errno;
	if (!btf->data) {
		size = wasm_bpf_result(wasm_bpf_v1_btf_size(btf->handle));
		if (size < 0)
			return size;
		btf->data = (unsigned char *)malloc((size_t)size + 1);
		if (!btf->data)
			return wasm_bpf_fail(-ENOMEM);
		btf->size = (uint32_t)size;
		if (wasm_bpf_v1_btf_read(btf->handle, 0, btf->data, btf->size) != size)
			error = -EIO;
	}
	if (!error)
		error = wasm_bpf_btf_index(btf);
	if (!error)
		return 0;
	free(btf->offsets);
	btf->offsets = NULL;
	if (btf->handle) {
		free(btf->data);
		btf->data = NULL;
	}
	return wasm_bpf_fail(error);
}

/* Bytes of strings in a BTF and its bases. */
WASM_BPF_WEAK uint32_t wasm_bpf_btf_strings_end(const struct btf *btf)
{
	return btf ? btf->strings_size + wasm_bpf_btf_strings_end(btf->base) : 0;
}

/* Makes a struct btf of a handle, or of -errno; NULL and errno if that is what it is. */
WASM_BPF_WEAK struct btf *wasm_bpf_btf(int handle, const struct btf *base)
{
	struct btf *btf;

	handle = wasm_bpf_result_logged(handle);
	if (handle < 0)
		return NULL;
	btf = (struct btf *)calloc(1, sizeof(*btf));
	if (!btf) {
		wasm_bpf_v1_handle_close(handle);
		return (struct btf *)wasm_bpf_fail_null(-ENOMEM);
	}
	btf->handle = handle;
	btf->base = base;
	return btf;
}

#ifdef __cplusplus
}
#endif

#endif
