/*
 * <sys/random.h>, where getrandom() has the C library's ssize_t, also behind <wasm_bpf/shared_types.h>.
 */
#ifndef WASM_BPF_WRAPPED_SYS_RANDOM_H
#define WASM_BPF_WRAPPED_SYS_RANDOM_H

#pragma push_macro("ssize_t")
#undef ssize_t
#include_next <sys/random.h>
#pragma pop_macro("ssize_t")

#endif
