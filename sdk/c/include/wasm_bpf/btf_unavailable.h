/*
 * Parts of libbpf's BTF interface that are not there: types are read, not
 * written. Using one is a compile-time error that says what to do instead.
 */
#ifndef WASM_BPF_BTF_UNAVAILABLE_H
#define WASM_BPF_BTF_UNAVAILABLE_H

#include <linux/btf.h>

#include <wasm_bpf/btf.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WASM_BPF_NO_BTF_WRITING                                                                    \
	WASM_BPF_UNAVAILABLE("make the BTF before the guest is built: a guest only reads it")
#define WASM_BPF_NO_BTF_ID                                                                         \
	WASM_BPF_UNAVAILABLE("use btf__load_vmlinux_btf(), btf__load_module_btf() or bpf_object__btf()")
#define WASM_BPF_NO_BTF_EXT WASM_BPF_UNAVAILABLE("the host relocates the object's programs")

enum btf_fwd_kind {
	BTF_FWD_STRUCT = 0,
	BTF_FWD_UNION = 1,
	BTF_FWD_ENUM = 2,
};

struct btf_ext;
struct btf_dedup_opts;
struct btf_permute_opts;

int btf__add_array(struct btf *btf, int index_type_id, int elem_type_id, __u32 nr_elems)
	WASM_BPF_NO_BTF_WRITING;
int btf__add_btf(struct btf *btf, const struct btf *src_btf) WASM_BPF_NO_BTF_WRITING;
int btf__add_const(struct btf *btf, int ref_type_id) WASM_BPF_NO_BTF_WRITING;
int btf__add_datasec(struct btf *btf, const char *name, __u32 byte_sz) WASM_BPF_NO_BTF_WRITING;
int btf__add_datasec_var_info(struct btf *btf, int var_type_id, __u32 offset, __u32 byte_sz)
	WASM_BPF_NO_BTF_WRITING;
int btf__add_decl_attr(struct btf *btf, const char *value, int ref_type_id, int component_idx)
	WASM_BPF_NO_BTF_WRITING;
int btf__add_decl_tag(struct btf *btf, const char *value, int ref_type_id, int component_idx)
	WASM_BPF_NO_BTF_WRITING;
int btf__add_enum(struct btf *btf, const char *name, __u32 bytes_sz) WASM_BPF_NO_BTF_WRITING;
int btf__add_enum64(struct btf *btf, const char *name, __u32 bytes_sz, bool is_signed)
	WASM_BPF_NO_BTF_WRITING;
int btf__add_enum64_value(struct btf *btf, const char *name, __u64 value)
	WASM_BPF_NO_BTF_WRITING;
int btf__add_enum_value(struct btf *btf, const char *name, __s64 value) WASM_BPF_NO_BTF_WRITING;
int btf__add_field(struct btf *btf, const char *name, int field_type_id, __u32 bit_offset,
	__u32 bit_size) WASM_BPF_NO_BTF_WRITING;
int btf__add_float(struct btf *btf, const char *name, size_t byte_sz) WASM_BPF_NO_BTF_WRITING;
int btf__add_func(struct btf *btf, const char *name, enum btf_func_linkage linkage,
	int proto_type_id) WASM_BPF_NO_BTF_WRITING;
int btf__add_func_param(struct btf *btf, const char *name, int type_id) WASM_BPF_NO_BTF_WRITING;
int btf__add_func_proto(struct btf *btf, int ret_type_id) WASM_BPF_NO_BTF_WRITING;
int btf__add_fwd(struct btf *btf, const char *name, enum btf_fwd_kind fwd_kind)
	WASM_BPF_NO_BTF_WRITING;
int btf__add_int(struct btf *btf, const char *name, size_t byte_sz, int encoding)
	WASM_BPF_NO_BTF_WRITING;
int btf__add_ptr(struct btf *btf, int ref_type_id) WASM_BPF_NO_BTF_WRITING;
int btf__add_restrict(struct btf *btf, int ref_type_id) WASM_BPF_NO_BTF_WRITING;
int btf__add_struct(struct btf *btf, const char *name, __u32 sz) WASM_BPF_NO_BTF_WRITING;
int btf__add_type(struct btf *btf, const struct btf *src_btf, const struct btf_type *src_type)
	WASM_BPF_NO_BTF_WRITING;
int btf__add_type_attr(struct btf *btf, const char *value, int ref_type_id)
	WASM_BPF_NO_BTF_WRITING;
int btf__add_type_tag(struct btf *btf, const char *value, int ref_type_id)
	WASM_BPF_NO_BTF_WRITING;
int btf__add_typedef(struct btf *btf, const char *name, int ref_type_id)
	WASM_BPF_NO_BTF_WRITING;
int btf__add_union(struct btf *btf, const char *name, __u32 sz) WASM_BPF_NO_BTF_WRITING;
int btf__add_var(struct btf *btf, const char *name, int linkage, int type_id)
	WASM_BPF_NO_BTF_WRITING;
int btf__add_volatile(struct btf *btf, int ref_type_id) WASM_BPF_NO_BTF_WRITING;
int btf__dedup(struct btf *btf, const struct btf_dedup_opts *opts) WASM_BPF_NO_BTF_WRITING;
int btf__distill_base(const struct btf *src_btf, struct btf **new_base_btf, struct btf
	**new_split_btf) WASM_BPF_NO_BTF_WRITING;
struct btf *btf__load_from_kernel_by_id(__u32 id) WASM_BPF_NO_BTF_ID;
struct btf *btf__load_from_kernel_by_id_split(__u32 id, struct btf *base_btf)
	WASM_BPF_NO_BTF_ID;
int btf__load_into_kernel(struct btf *btf) WASM_BPF_NO_BTF_ID;
int btf__permute(struct btf *btf, __u32 *id_map, __u32 id_map_cnt, const struct btf_permute_opts
	*opts) WASM_BPF_NO_BTF_WRITING;
int btf__relocate(struct btf *btf, const struct btf *base_btf) WASM_BPF_NO_BTF_WRITING;
void btf__set_fd(struct btf *btf, int fd) WASM_BPF_NO_BTF_ID;
enum btf_endianness btf_ext__endianness(const struct btf_ext *btf_ext) WASM_BPF_NO_BTF_EXT;
const void *btf_ext__get_raw_data(const struct btf_ext *btf_ext, __u32 *size)
	WASM_BPF_NO_BTF_EXT;
struct btf_ext *btf_ext__new(const __u8 *data, __u32 size) WASM_BPF_NO_BTF_EXT;
const void *btf_ext__raw_data(const struct btf_ext *btf_ext, __u32 *size) WASM_BPF_NO_BTF_EXT;
int btf_ext__set_endianness(struct btf_ext *btf_ext, enum btf_endianness endian)
	WASM_BPF_NO_BTF_EXT;

#ifdef __cplusplus
}
#endif

#endif
