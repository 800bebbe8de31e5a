/*
 * What stands behind libbpf's opaque pointers: the host's handle and the few
 * things that must live in the guest because libbpf hands out pointers to
 * them (names, paths, the copies of global variables).
 */
#ifndef WASM_BPF_TYPES_H
#define WASM_BPF_TYPES_H

#include <wasm_bpf/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct btf;
struct wasm_bpf_view;

enum wasm_bpf_object_state {
	WASM_BPF_OPEN,
	WASM_BPF_PREPARED,
	WASM_BPF_LOADED,
};

struct bpf_program {
	struct bpf_object *object;
	int handle;
	char *name;
	char *section;
	char *log; /* the program's own, for the verifier's log */
	size_t log_size;
};

struct bpf_map {
	struct bpf_object *object;
	int handle;
	char *name;
	char *pin_path;			/* what bpf_map__pin_path() gave last */
	struct wasm_bpf_view *view; /* the guest's view of the initial value */
	bool reused;			/* bpf_map__reuse_fd() gave it a kernel map before load */
	bool no_autoattach;
};

/* Programs and maps live as long as the object, in arrays whose order is libbpf's. */
struct bpf_object {
	int handle;
	enum wasm_bpf_object_state state;
	char *name;
	struct bpf_program *programs;
	int program_count;
	struct bpf_map *maps;
	int map_count;
	struct btf *btf;
	char *log; /* the program's own, for the verifier's log of all programs */
	size_t log_size;
};

struct bpf_link {
	int handle;
	char *pin_path;
	bool disconnected;
};

/* program_info's answer. */
struct wasm_bpf_program_info {
	uint32_t type, expected_attach_type, flags, log_level, autoload, autoattach, insn_count, id;
	uint64_t run_time_ns, run_cnt, recursion_misses;
};

/* map_info's answer. */
struct wasm_bpf_map_info {
	uint32_t type, key_size, value_size, max_entries, flags, autocreate, pinned, numa_node;
	uint32_t ifindex, id, lookup_size, initial_size;
	uint64_t map_extra;
	uint32_t globals_offset, unused;
};

#ifdef __cplusplus
static_assert(sizeof(struct wasm_bpf_program_info) == 56, "program_info");
static_assert(sizeof(struct wasm_bpf_map_info) == 64, "map_info");
#else
_Static_assert(sizeof(struct wasm_bpf_program_info) == 56, "program_info");
_Static_assert(sizeof(struct wasm_bpf_map_info) == 64, "map_info");
#endif

#ifdef __cplusplus
}
#endif

#endif
