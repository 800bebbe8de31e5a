/* The imports of ABI v0, declared by hand as modules of other authors do. */
#ifndef V0_H
#define V0_H

#include <stdint.h>

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))

IMPORT("wasm_bpf", "wasm_load_bpf_object")
uint64_t wasm_load_bpf_object(const void *obj_buf, int obj_buf_sz);
IMPORT("wasm_bpf", "wasm_close_bpf_object")
int wasm_close_bpf_object(uint64_t obj);
IMPORT("wasm_bpf", "wasm_attach_bpf_program")
int wasm_attach_bpf_program(uint64_t obj, const char *name, const char *attach_target);
IMPORT("wasm_bpf", "wasm_attach_bpf_program_fd")
int wasm_attach_bpf_program_fd(uint64_t obj, const char *name, int target_fd);
IMPORT("wasm_bpf", "wasm_bpf_map_fd_by_name")
int wasm_bpf_map_fd_by_name(uint64_t obj, const char *name);
#ifndef OWN_MAP_OPERATE
IMPORT("wasm_bpf", "wasm_bpf_map_operate")
int wasm_bpf_map_operate(int fd, int cmd, void *key, void *value, void *next_key, uint64_t flags);
#endif
#ifndef OWN_BUFFER_POLL
IMPORT("wasm_bpf", "wasm_bpf_buffer_poll")
int wasm_bpf_buffer_poll(uint64_t obj, int fd, int callback, void *ctx, char *data, int max_size, int timeout_ms);
#endif

/* enum bpf_cmd, as far as map_operate takes it. */
enum { LOOKUP = 1, UPDATE = 2, DELETE = 3, NEXT_KEY = 4, LOOKUP_AND_DELETE = 21 };

typedef int (*callback_t)(void *ctx, void *data, int size);

/* A function's index in the module's table is its address. */
#define POLL(obj, fd, callback, ctx, data, max_size, timeout_ms) \
	wasm_bpf_buffer_poll(obj, fd, (int)(uintptr_t)(callback_t)(callback), ctx, data, max_size, timeout_ms)

#endif
