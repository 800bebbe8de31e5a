/*
 * btf__*: loading the kernel's, a module's or an object's BTF, and looking up
 * types, names and sizes in it.
 */
#ifndef WASM_BPF_BTF_H
#define WASM_BPF_BTF_H

#include <linux/bpf.h>

#include <bpf/libbpf_legacy.h>
#include <wasm_bpf/btf_data.h>

#ifdef __cplusplus
extern "C" {
#endif

enum btf_endianness {
	BTF_LITTLE_ENDIAN = 0,
	BTF_BIG_ENDIAN = 1,
};

/* NULL and error pointers are fine; an object's own BTF goes with the object. */
WASM_BPF_WEAK void btf__free(struct btf *btf)
{
	if (!btf || wasm_bpf_is_error(btf) || btf->owned_by_object)
		return;
	if (btf->handle)
		wasm_bpf_v1_handle_close(btf->handle);
	free(btf->offsets);
	free(btf->slots);
	free(btf->data);
	free(btf);
}

/* BTF from raw data, which is copied. NULL and EINVAL if it is malformed. */
WASM_BPF_WEAK struct btf *btf__new_split(const void *data, __u32 size, struct btf *base_btf)
{
	struct btf *btf = (struct btf *)calloc(1, sizeof(*btf));

	if (btf)
		btf->data = (unsigned char *)malloc(size + 1);
	if (!btf || !btf->data) {
		free(btf);
		return (struct btf *)wasm_bpf_fail_null(-ENOMEM);
	}
	memcpy(btf->data, data, size);
	btf->size = size;
	btf->base = base_btf;
	if (wasm_bpf_btf_fetch(btf)) {
		int error = -errno;

		btf__free(btf);
		return (struct btf *)wasm_bpf_fail_null(error);
	}
	return btf;
}

WASM_BPF_WEAK struct btf *btf__new(const void *data, __u32 size)
{
	return btf__new_split(data, size, NULL);
}

/* The running kernel's. */
WASM_BPF_WEAK struct btf *btf__load_vmlinux_btf(void)
{
	return wasm_bpf_btf(wasm_bpf_v1_btf_vmlinux(), NULL);
}

/* The name of libbpf 0.x. */
WASM_BPF_WEAK struct btf *libbpf_find_kernel_btf(void)
{
	return btf__load_vmlinux_btf();
}

/* A kernel module's, which continues the kernel's; free it before that one. */
WASM_BPF_WEAK struct btf *btf__load_module_btf(const char *module_name, struct btf *vmlinux_btf)
{
	return wasm_bpf_btf(wasm_bpf_v1_btf_module(module_name, wasm_bpf_length(module_name)),
			    vmlinux_btf);
}

/* An object's; it belongs to the object. NULL and errno if it has none. */
WASM_BPF_WEAK struct btf *bpf_object__btf(const struct bpf_object *obj)
{
	struct bpf_object *owner = (struct bpf_object *)obj;

	if (obj && !obj->btf) {
		owner->btf = wasm_bpf_btf(wasm_bpf_v1_btf_of_object(obj->handle), NULL);
		if (owner->btf)
			owner->btf->owned_by_object = true;
	}
	return obj ? obj->btf : NULL;
}

WASM_BPF_WEAK const struct btf *btf__base_btf(const struct btf *btf)
{
	return btf->base;
}

/* Types, void counted: the valid ids are below it. */
WASM_BPF_WEAK __u32 btf__type_cnt(const struct btf *btf)
{
	if (wasm_bpf_btf_fetch(btf))
		return 0;
	return (btf->base ? btf__type_cnt(btf->base) : 1) + btf->count;
}

/* The type with this id; NULL and EINVAL past the last. */
WASM_BPF_WEAK const struct btf_type *btf__type_by_id(const struct btf *btf, __u32 id)
{
	static const struct btf_type nothing = {0, 0, {0}};
	__u32 first;

	if (!id)
		return &nothing;
	if (wasm_bpf_btf_fetch(btf))
		return NULL;
	first = btf->base ? btf__type_cnt(btf->base) : 1;
	if (id < first)
		return btf__type_by_id(btf->base, id);
	if (id - first >= btf->count)
		return (const struct btf_type *)wasm_bpf_fail_null(-EINVAL);
	return (const struct btf_type *)(btf->data + btf->offsets[id - first]);
}

/* The string at an offset; NULL and EINVAL outside. */
WASM_BPF_WEAK const char *btf__str_by_offset(const struct btf *btf, __u32 offset)
{
	uint32_t first;

	if (wasm_bpf_btf_fetch(btf))
		return NULL;
	first = wasm_bpf_btf_strings_end(btf->base);
	if (offset < first)
		return btf__str_by_offset(btf->base, offset);
	if (offset - first >= btf->strings_size)
		return (const char *)wasm_bpf_fail_null(-EINVAL);
	return btf->strings + (offset - first);
}

WASM_BPF_WEAK const char *btf__name_by_offset(const struct btf *btf, __u32 offset)
{
	return btf__str_by_offset(btf, offset);
}

/* The id of the first type with this name, of any kind for `kind` 0; in the guest's data. */
WASM_BPF_WEAK __s32 wasm_bpf_btf_scan(const struct btf *btf, const char *type_name, __u32 kind)
{
	__u32 count = btf__type_cnt(btf), id;

	if (!count)
		return -errno;
	for (id = 1; id < count; id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);
		const char *name;

		if (kind && BTF_INFO_KIND(type->info) != kind)
			continue;
		name = btf__str_by_offset(btf, type->name_off);
		if (name && !strcmp(name, type_name))
			return (__s32)id;
	}
	return wasm_bpf_fail(-ENOENT);
}

/* The id of the type with this name and kind; -ENOENT. The host searches its own. */
WASM_BPF_WEAK __s32 btf__find_by_name_kind(const struct btf *btf, const char *type_name, __u32 kind)
{
	if (kind == BTF_KIND_UNKN || !strcmp(type_name, "void"))
		return 0;
	if (!btf->handle)
		return wasm_bpf_btf_scan(btf, type_name, kind);
	return wasm_bpf_result(
		wasm_bpf_v1_btf_find(btf->handle, type_name, strlen(type_name), kind));
}

/* The id of the first type with this name; -ENOENT. */
WASM_BPF_WEAK __s32 btf__find_by_name(const struct btf *btf, const char *type_name)
{
	return strcmp(type_name, "void") ? wasm_bpf_btf_scan(btf, type_name, 0) : 0;
}

/* BPF's, whatever the guest's. */
WASM_BPF_WEAK size_t btf__pointer_size(const struct btf *btf)
{
	(void)btf;
	return 8;
}

WASM_BPF_WEAK enum btf_endianness btf__endianness(const struct btf *btf)
{
	(void)btf;
	return BTF_LITTLE_ENDIAN;
}

/* 0 for BPF's own size; -EINVAL for another. */
WASM_BPF_WEAK int btf__set_pointer_size(struct btf *btf, size_t ptr_sz)
{
	(void)btf;
	return ptr_sz == 8 ? 0 : wasm_bpf_fail(-EINVAL);
}

/* 0 for the order that it has; -EINVAL for the other. */
WASM_BPF_WEAK int btf__set_endianness(struct btf *btf, enum btf_endianness endian)
{
	(void)btf;
	return endian == BTF_LITTLE_ENDIAN ? 0 : wasm_bpf_fail(-EINVAL);
}

/* The type behind typedefs, const and the like. -EINVAL: no such type, -ELOOP: they never end. */
WASM_BPF_WEAK int btf__resolve_type(const struct btf *btf, __u32 type_id)
{
	const struct btf_type *type;
	int depth;

	for (depth = 0; depth < 32; depth++) {
		type = btf__type_by_id(btf, type_id);
		if (!type)
			return -errno;
		switch (BTF_INFO_KIND(type->info)) {
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_CONST:
		case BTF_KIND_RESTRICT:
		case BTF_KIND_VAR:
		case BTF_KIND_TYPE_TAG:
		case BTF_KIND_DECL_TAG:
			type_id = type->type;
			break;
		default:
			return type_id ? (int)type_id : wasm_bpf_fail(-EINVAL);
		}
	}
	return wasm_bpf_fail(-ELOOP);
}

/* How many bytes a variable of the type takes; -EINVAL for what has no size, -E2BIG. */
WASM_BPF_WEAK __s64 btf__resolve_size(const struct btf *btf, __u32 type_id)
{
	const struct btf_type *type;
	const struct btf_array *array;
	__u64 elements = 1;
	int depth, id;

	for (depth = 0; depth < 32; depth++) {
		id = btf__resolve_type(btf, type_id);
		if (id < 0)
			return id;
		type = btf__type_by_id(btf, (__u32)id);
		switch (BTF_INFO_KIND(type->info)) {
		case BTF_KIND_INT:
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
		case BTF_KIND_DATASEC:
		case BTF_KIND_FLOAT:
			if (elements * type->size > UINT32_MAX)
				return wasm_bpf_fail(-E2BIG);
			return (__s64)(elements * type->size);
		case BTF_KIND_PTR:
			if (elements * 8 > UINT32_MAX)
				return wasm_bpf_fail(-E2BIG);
			return (__s64)(elements * 8);
		case BTF_KIND_ARRAY:
			array = (const struct btf_array *)(type + 1);
			elements *= array->nelems;
			if (elements > UINT32_MAX)
				return wasm_bpf_fail(-E2BIG);
			type_id = array->type;
			break;
		default:
			return wasm_bpf_fail(-EINVAL);
		}
	}
	return wasm_bpf_fail(-ELOOP);
}

/* The raw data and its size; NULL and errno on failure. */
WASM_BPF_WEAK const void *btf__raw_data(const struct btf *btf, __u32 *size)
{
	if (wasm_bpf_btf_fetch(btf))
		return NULL;
	*size = btf->size;
	return btf->data;
}

/* The name of libbpf 0.x. */
WASM_BPF_WEAK const void *btf__get_raw_data(const struct btf *btf, __u32 *size)
{
	return btf__raw_data(btf, size);
}

/* The host's handle; -1 for data of the guest's own. */
WASM_BPF_WEAK int btf__fd(const struct btf *btf)
{
	return btf->handle ? btf->handle : -1;
}

/* The same for the object's BTF; -1 where it has none. */
WASM_BPF_WEAK int bpf_object__btf_fd(const struct bpf_object *obj)
{
	const struct btf *btf = bpf_object__btf(obj);

	return btf ? btf__fd(btf) : -1;
}

/* How a variable of the type is aligned, in bytes; 0 and errno for what has no size. */
WASM_BPF_WEAK int btf__align_of(const struct btf *btf, __u32 id)
{
	const struct btf_type *type;
	const struct btf_member *member;
	int resolved, most = 1, align;
	__u32 i;

	resolved = btf__resolve_type(btf, id);
	if (resolved < 0)
		return 0;
	type = btf__type_by_id(btf, (__u32)resolved);
	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_FLOAT:
		return type->size < 8 ? (int)type->size : 8;
	case BTF_KIND_PTR:
		return 8;
	case BTF_KIND_ARRAY:
		return btf__align_of(btf, ((const struct btf_array *)(type + 1))->type);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		member = (const struct btf_member *)(type + 1);
		for (i = 0; i < BTF_INFO_VLEN(type->info); i++, member++) {
			__u32 bits = member->offset;

			if (BTF_INFO_KFLAG(type->info)) {
				if (BTF_MEMBER_BITFIELD_SIZE(bits))
					continue;
				bits = BTF_MEMBER_BIT_OFFSET(bits);
			}
			align = btf__align_of(btf, member->type);
			if (align <= 0)
				return align;
			if (bits % (8 * (__u32)align))
				return 1; /* packed */
			most = align > most ? align : most;
		}
		return type->size % (__u32)most ? 1 : most;
	default:
		errno = EINVAL;
		return 0;
	}
}

/* The BTF type that a program of this attach type attaches to by this name; -ENOENT. */
WASM_BPF_WEAK int libbpf_find_vmlinux_btf_id(const char *name, enum bpf_attach_type attach_type)
{
	const char *prefix = "";
	__u32 kind = BTF_KIND_FUNC;
	struct btf *btf;
	char full[256];
	int length, id;

	if (attach_type == BPF_TRACE_RAW_TP) {
		prefix = "btf_trace_";
		kind = BTF_KIND_TYPEDEF;
	} else if (attach_type == BPF_LSM_MAC || attach_type == BPF_LSM_CGROUP) {
		prefix = "bpf_lsm_";
	} else if (attach_type == BPF_TRACE_ITER) {
		prefix = "bpf_iter_";
	}
	length = snprintf(full, sizeof(full), "%s%s", prefix, name);
	if (length < 0 || (size_t)length >= sizeof(full))
		return wasm_bpf_fail(-ENAMETOOLONG);
	btf = btf__load_vmlinux_btf();
	if (!btf)
		return -errno;
	id = btf__find_by_name_kind(btf, full, kind);
	btf__free(btf);
	if (id <= 0)
		wasm_bpf_print(LIBBPF_WARN, "libbpf: %s is not found in vmlinux BTF\n", name);
	return id < 0 ? wasm_bpf_fail(id) : id;
}

#ifdef __cplusplus
}
#endif

#endif
