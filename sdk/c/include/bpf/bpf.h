/*
 * libbpf's calls by descriptor: elements of maps, batches, pins, test runs. A
 * "descriptor" is what bpf_map__fd(), bpf_program__fd() and bpf_link__fd()
 * give: a handle of the host, which close() closes.
 */
#ifndef __LIBBPF_BPF_H
#define __LIBBPF_BPF_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpf/libbpf_common.h>
#include <bpf/libbpf_legacy.h>

#include <wasm_bpf/map_fd.h>
#include <wasm_bpf/map_batch.h>
#include <wasm_bpf/descriptor_calls.h>
#include <wasm_bpf/test_run.h>
#include <wasm_bpf/feature.h>
#include <wasm_bpf/program_load.h>
#include <wasm_bpf/attach_fd.h>

/* The largest verifier's log that every kernel takes; the next is the flag of libbpf 0.x's relaxed maps. */
#define BPF_LOG_BUF_SIZE (UINT32_MAX >> 8)
#define MAPS_RELAX_COMPAT 0x01

/* What the host does not offer: using one of these is a compile-time error that says what to do. */
#ifdef __cplusplus
extern "C" {
#endif

#define WASM_BPF_BY_LINK                                                                           \
	WASM_BPF_UNAVAILABLE("attach with bpf_program__attach_*(), whose links detach by themselves")
#define WASM_BPF_OWN_ONLY WASM_BPF_UNAVAILABLE("a guest sees only the BPF objects that it opened")

struct bpf_link_create_opts;
struct bpf_prog_query_opts;
struct bpf_btf_load_opts;
struct bpf_prog_bind_opts;
struct bpf_token_create_opts;
struct bpf_get_fd_by_id_opts;
struct bpf_prog_assoc_struct_ops_opts;
struct bpf_prog_stream_read_opts;

int bpf_link_create(int prog_fd, int target_fd, enum bpf_attach_type attach_type,
		    const struct bpf_link_create_opts *opts) WASM_BPF_BY_LINK;
int bpf_prog_get_next_id(__u32 start_id, __u32 *next_id) WASM_BPF_OWN_ONLY;
int bpf_map_get_next_id(__u32 start_id, __u32 *next_id) WASM_BPF_OWN_ONLY;
int bpf_btf_get_next_id(__u32 start_id, __u32 *next_id) WASM_BPF_OWN_ONLY;
int bpf_link_get_next_id(__u32 start_id, __u32 *next_id) WASM_BPF_OWN_ONLY;
int bpf_prog_get_fd_by_id(__u32 id) WASM_BPF_OWN_ONLY;
int bpf_prog_get_fd_by_id_opts(__u32 id, const struct bpf_get_fd_by_id_opts *opts) WASM_BPF_OWN_ONLY;
int bpf_map_get_fd_by_id(__u32 id) WASM_BPF_OWN_ONLY;
int bpf_map_get_fd_by_id_opts(__u32 id, const struct bpf_get_fd_by_id_opts *opts) WASM_BPF_OWN_ONLY;
int bpf_btf_get_fd_by_id(__u32 id) WASM_BPF_OWN_ONLY;
int bpf_btf_get_fd_by_id_opts(__u32 id, const struct bpf_get_fd_by_id_opts *opts) WASM_BPF_OWN_ONLY;
int bpf_link_get_fd_by_id(__u32 id) WASM_BPF_OWN_ONLY;
int bpf_link_get_fd_by_id_opts(__u32 id, const struct bpf_get_fd_by_id_opts *opts) WASM_BPF_OWN_ONLY;
int bpf_prog_query(int target_fd, enum bpf_attach_type type, __u32 query_flags,
		   __u32 *attach_flags, __u32 *prog_ids, __u32 *prog_cnt) WASM_BPF_OWN_ONLY;
int bpf_prog_query_opts(int target, enum bpf_attach_type type, struct bpf_prog_query_opts *opts)
	WASM_BPF_OWN_ONLY;
int bpf_task_fd_query(int pid, int fd, __u32 flags, char *buf, __u32 *buf_len, __u32 *prog_id,
		      __u32 *fd_type, __u64 *probe_offset, __u64 *probe_addr) WASM_BPF_OWN_ONLY;
int bpf_link_get_info_by_fd(int link_fd, struct bpf_link_info *info, __u32 *info_len)
	WASM_BPF_UNAVAILABLE("the host does not say what a link is attached to");
int bpf_btf_get_info_by_fd(int btf_fd, struct bpf_btf_info *info, __u32 *info_len)
	WASM_BPF_UNAVAILABLE("look into the BTF itself, with btf__type_by_id()");
int bpf_btf_load(const void *btf_data, size_t btf_size, struct bpf_btf_load_opts *opts)
	WASM_BPF_UNAVAILABLE("an object's BTF is loaded with it");
int bpf_prog_bind_map(int prog_fd, int map_fd, const struct bpf_prog_bind_opts *opts)
	WASM_BPF_UNAVAILABLE("the maps of an object live as long as its programs");
int bpf_prog_assoc_struct_ops(int prog_fd, int map_fd, struct bpf_prog_assoc_struct_ops_opts *opts)
	WASM_BPF_UNAVAILABLE("the host cannot bind a program to a struct_ops map");
int bpf_prog_stream_read(int prog_fd, __u32 stream_id, void *buf, __u32 buf_len,
			 struct bpf_prog_stream_read_opts *opts)
	WASM_BPF_UNAVAILABLE("let the program write what it has to say into a ring buffer");
int bpf_enable_stats(int type)
	WASM_BPF_UNAVAILABLE("it is the whole system's: set the sysctl kernel.bpf_stats_enabled");
int bpf_token_create(int bpffs_fd, struct bpf_token_create_opts *opts)
	WASM_BPF_UNAVAILABLE("the runtime's own rights count, not a token's");

#ifdef __cplusplus
}
#endif

#include <wasm_bpf/shared_types.h>

#endif
