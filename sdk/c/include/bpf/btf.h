/*
 * libbpf's BTF interface: loading and looking up (wasm_bpf/btf.h), files
 * (btf_file.h), strings (btf_strings.h), printing (btf_dump.h), and the accessors
 * of single types below. Types cannot be written.
 */
#ifndef __LIBBPF_BTF_H
#define __LIBBPF_BTF_H

#include <linux/btf.h>
#include <linux/types.h>
#include <stdarg.h>
#include <stdbool.h>

#include <bpf/libbpf_common.h>

#include <wasm_bpf/btf.h>
#include <wasm_bpf/btf_dump.h>
#include <wasm_bpf/btf_file.h>
#include <wasm_bpf/btf_strings.h>
#include <wasm_bpf/btf_unavailable.h>

#define BTF_ELF_SEC ".BTF"
#define BTF_EXT_ELF_SEC ".BTF.ext"
#define BTF_BASE_ELF_SEC ".BTF.base"
#define MAPS_ELF_SEC ".maps"

#ifdef __cplusplus
extern "C" {
#endif

static inline __u16 btf_kind(const struct btf_type *t)
{
	return BTF_INFO_KIND(t->info);
}

/* Members, values or parameters that follow the type. */
static inline __u16 btf_vlen(const struct btf_type *t)
{
	return BTF_INFO_VLEN(t->info);
}

static inline bool btf_kflag(const struct btf_type *t)
{
	return BTF_INFO_KFLAG(t->info);
}

/* btf_is_*(): one test for each kind. */
#define WASM_BPF_BTF_IS(name, kind)                                                                \
	static inline bool btf_is_##name(const struct btf_type *t)                                 \
	{                                                                                          \
		return btf_kind(t) == (kind);                                                      \
	}
WASM_BPF_BTF_IS(void, BTF_KIND_UNKN)
WASM_BPF_BTF_IS(int, BTF_KIND_INT)
WASM_BPF_BTF_IS(ptr, BTF_KIND_PTR)
WASM_BPF_BTF_IS(array, BTF_KIND_ARRAY)
WASM_BPF_BTF_IS(struct, BTF_KIND_STRUCT)
WASM_BPF_BTF_IS(union, BTF_KIND_UNION)
WASM_BPF_BTF_IS(enum, BTF_KIND_ENUM)
WASM_BPF_BTF_IS(enum64, BTF_KIND_ENUM64)
WASM_BPF_BTF_IS(fwd, BTF_KIND_FWD)
WASM_BPF_BTF_IS(typedef, BTF_KIND_TYPEDEF)
WASM_BPF_BTF_IS(volatile, BTF_KIND_VOLATILE)
WASM_BPF_BTF_IS(const, BTF_KIND_CONST)
WASM_BPF_BTF_IS(restrict, BTF_KIND_RESTRICT)
WASM_BPF_BTF_IS(func, BTF_KIND_FUNC)
WASM_BPF_BTF_IS(func_proto, BTF_KIND_FUNC_PROTO)
WASM_BPF_BTF_IS(var, BTF_KIND_VAR)
WASM_BPF_BTF_IS(datasec, BTF_KIND_DATASEC)
WASM_BPF_BTF_IS(float, BTF_KIND_FLOAT)
WASM_BPF_BTF_IS(decl_tag, BTF_KIND_DECL_TAG)
WASM_BPF_BTF_IS(type_tag, BTF_KIND_TYPE_TAG)
#undef WASM_BPF_BTF_IS

static inline bool btf_is_composite(const struct btf_type *t)
{
	return btf_is_struct(t) || btf_is_union(t);
}

static inline bool btf_is_mod(const struct btf_type *t)
{
	return btf_is_volatile(t) || btf_is_const(t) || btf_is_restrict(t) || btf_is_type_tag(t);
}

static inline bool btf_is_any_enum(const struct btf_type *t)
{
	return btf_is_enum(t) || btf_is_enum64(t);
}

/* Whether CO-RE takes the kinds for the same. */
static inline bool btf_kind_core_compat(const struct btf_type *t1, const struct btf_type *t2)
{
	return btf_kind(t1) == btf_kind(t2) || (btf_is_any_enum(t1) && btf_is_any_enum(t2));
}

static inline __u8 btf_int_encoding(const struct btf_type *t)
{
	return BTF_INT_ENCODING(*(const __u32 *)(t + 1));
}

static inline __u8 btf_int_offset(const struct btf_type *t)
{
	return BTF_INT_OFFSET(*(const __u32 *)(t + 1));
}

static inline __u8 btf_int_bits(const struct btf_type *t)
{
	return BTF_INT_BITS(*(const __u32 *)(t + 1));
}

static inline struct btf_array *btf_array(const struct btf_type *t)
{
	return (struct btf_array *)(t + 1);
}

static inline struct btf_enum *btf_enum(const struct btf_type *t)
{
	return (struct btf_enum *)(t + 1);
}

static inline struct btf_enum64 *btf_enum64(const struct btf_type *t)
{
	return (struct btf_enum64 *)(t + 1);
}

static inline __u64 btf_enum64_value(const struct btf_enum64 *e)
{
	return (__u64)e->val_hi32 << 32 | e->val_lo32;
}

static inline struct btf_member *btf_members(const struct btf_type *t)
{
	return (struct btf_member *)(t + 1);
}

static inline __u32 btf_member_bit_offset(const struct btf_type *t, __u32 member_idx)
{
	__u32 offset = btf_members(t)[member_idx].offset;

	return btf_kflag(t) ? BTF_MEMBER_BIT_OFFSET(offset) : offset;
}

/* 0 for a member that is no bit field. */
static inline __u32 btf_member_bitfield_size(const struct btf_type *t, __u32 member_idx)
{
	return btf_kflag(t) ? BTF_MEMBER_BITFIELD_SIZE(btf_members(t)[member_idx].offset) : 0;
}

static inline struct btf_param *btf_params(const struct btf_type *t)
{
	return (struct btf_param *)(t + 1);
}

static inline struct btf_var *btf_var(const struct btf_type *t)
{
	return (struct btf_var *)(t + 1);
}

static inline struct btf_var_secinfo *btf_var_secinfos(const struct btf_type *t)
{
	return (struct btf_var_secinfo *)(t + 1);
}

static inline struct btf_decl_tag *btf_decl_tag(const struct btf_type *t)
{
	return (struct btf_decl_tag *)(t + 1);
}

#ifdef __cplusplus
}
#endif

#endif
