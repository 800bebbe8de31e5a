/*
 * Parts of libbpf's object interface that the host does not offer: using one
 * is a compile-time error that says what to do instead.
 */
#ifndef WASM_BPF_UNAVAILABLE_H
#define WASM_BPF_UNAVAILABLE_H

#include <linux/bpf.h>

#include <wasm_bpf/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WASM_BPF_NO_LINKER WASM_BPF_UNAVAILABLE("link BPF objects before the guest is built")
#define WASM_BPF_NO_CODE WASM_BPF_UNAVAILABLE("the host keeps the program's code to itself")

struct bpf_linker;
struct bpf_linker_opts;
struct bpf_linker_file_opts;
struct gen_loader_opts;
struct bpf_prog_linfo;
struct bpf_prog_assoc_struct_ops_opts;
struct bpf_func_info;
struct bpf_line_info;
struct bpf_linker *bpf_linker__new(const char *filename, struct bpf_linker_opts *opts)
	WASM_BPF_NO_LINKER;
struct bpf_linker *bpf_linker__new_fd(int fd, struct bpf_linker_opts *opts) WASM_BPF_NO_LINKER;
int bpf_linker__add_fd(struct bpf_linker *linker, int fd, const struct bpf_linker_file_opts *opts)
	WASM_BPF_NO_LINKER;
int bpf_linker__add_buf(struct bpf_linker *linker, void *buf, size_t buf_sz,
			const struct bpf_linker_file_opts *opts) WASM_BPF_NO_LINKER;
int bpf_linker__add_file(struct bpf_linker *linker, const char *filename,
			 const struct bpf_linker_file_opts *opts) WASM_BPF_NO_LINKER;
int bpf_linker__finalize(struct bpf_linker *linker) WASM_BPF_NO_LINKER;
void bpf_linker__free(struct bpf_linker *linker) WASM_BPF_NO_LINKER;
int bpf_object__gen_loader(struct bpf_object *obj, struct gen_loader_opts *opts)
	WASM_BPF_UNAVAILABLE("the host loads the object");

struct bpf_object_subskeleton;
int bpf_object__open_subskeleton(struct bpf_object_subskeleton *s)
	WASM_BPF_UNAVAILABLE("use the skeleton of the whole object");
void bpf_object__destroy_subskeleton(struct bpf_object_subskeleton *s)
	WASM_BPF_UNAVAILABLE("use the skeleton of the whole object");

const struct bpf_insn *bpf_program__insns(const struct bpf_program *prog) WASM_BPF_NO_CODE;
int bpf_program__set_insns(struct bpf_program *prog, struct bpf_insn *new_insns,
			   size_t new_insn_cnt) WASM_BPF_NO_CODE;
struct bpf_func_info *bpf_program__func_info(const struct bpf_program *prog) WASM_BPF_NO_CODE;
__u32 bpf_program__func_info_cnt(const struct bpf_program *prog) WASM_BPF_NO_CODE;
struct bpf_line_info *bpf_program__line_info(const struct bpf_program *prog) WASM_BPF_NO_CODE;
__u32 bpf_program__line_info_cnt(const struct bpf_program *prog) WASM_BPF_NO_CODE;
struct bpf_prog_linfo *bpf_prog_linfo__new(const struct bpf_prog_info *info) WASM_BPF_NO_CODE;
void bpf_prog_linfo__free(struct bpf_prog_linfo *prog_linfo) WASM_BPF_NO_CODE;
const struct bpf_line_info *bpf_prog_linfo__lfind(const struct bpf_prog_linfo *prog_linfo,
						  __u32 insn_off, __u32 nr_skip) WASM_BPF_NO_CODE;
const struct bpf_line_info *
bpf_prog_linfo__lfind_addr_func(const struct bpf_prog_linfo *prog_linfo, __u64 addr, __u32 func_idx,
				__u32 nr_skip) WASM_BPF_NO_CODE;
unsigned int bpf_object__kversion(const struct bpf_object *obj)
	WASM_BPF_UNAVAILABLE("no kernel from 5.0 on asks for it");
int bpf_object__set_kversion(struct bpf_object *obj, __u32 kern_version)
	WASM_BPF_UNAVAILABLE("no kernel from 5.0 on asks for it");
int bpf_program__assoc_struct_ops(struct bpf_program *prog, struct bpf_map *map,
				  struct bpf_prog_assoc_struct_ops_opts *opts)
	WASM_BPF_UNAVAILABLE("the host cannot bind a program to a struct_ops map");
void bpf_program__unload(struct bpf_program *prog)
	WASM_BPF_UNAVAILABLE("close the object, or put the program into one of its own");

__u32 bpf_map__btf_key_type_id(const struct bpf_map *map)
	WASM_BPF_UNAVAILABLE("the host does not tell the BTF types of a map");
__u32 bpf_map__btf_value_type_id(const struct bpf_map *map)
	WASM_BPF_UNAVAILABLE("the host does not tell the BTF types of a map");
int bpf_map__set_exclusive_program(struct bpf_map *map, struct bpf_program *prog)
	WASM_BPF_UNAVAILABLE("a map of the object is open to all its programs");
struct bpf_program *bpf_map__exclusive_program(struct bpf_map *map)
	WASM_BPF_UNAVAILABLE("a map of the object is open to all its programs");
struct bpf_map *bpf_map__inner_map(struct bpf_map *map)
	WASM_BPF_UNAVAILABLE("define the inner map by itself and use bpf_map__set_inner_map_fd()");
int libbpf_prog_type_by_name(const char *name, enum bpf_prog_type *prog_type,
			     enum bpf_attach_type *expected_attach_type)
	WASM_BPF_UNAVAILABLE("ask a program with bpf_program__type()");
int libbpf_attach_type_by_name(const char *name, enum bpf_attach_type *attach_type)
	WASM_BPF_UNAVAILABLE("ask a program with bpf_program__expected_attach_type()");

struct libbpf_prog_handler_opts;
int libbpf_register_prog_handler(const char *sec, enum bpf_prog_type prog_type,
				 enum bpf_attach_type exp_attach_type,
				 const struct libbpf_prog_handler_opts *opts)
	WASM_BPF_UNAVAILABLE("set the type with bpf_program__set_type()");
int libbpf_unregister_prog_handler(int handler_id)
	WASM_BPF_UNAVAILABLE("set the type with bpf_program__set_type()");

#ifdef __cplusplus
}
#endif

#endif
