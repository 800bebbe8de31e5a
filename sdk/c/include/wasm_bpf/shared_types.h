/*
 * ssize_t as it is natively, of 64 bits: headers that guest and BPF program
 * share have it in structs, and BPF's is that wide. The C library's functions
 * keep theirs: the wrappers of the headers that declare them see to that.
 * <bpf/libbpf.h> and <bpf/bpf.h> end with this. In C++ ssize_t stays, as names
 * of functions depend on it.
 */
#ifndef WASM_BPF_SHARED_TYPES_H
#define WASM_BPF_SHARED_TYPES_H

#include <sys/types.h>

#ifndef __cplusplus
typedef long long wasm_bpf_wide_ssize_t;
#define ssize_t wasm_bpf_wide_ssize_t
#endif

#endif
