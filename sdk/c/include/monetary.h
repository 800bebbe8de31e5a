/*
 * <monetary.h>, where strfmon() has the C library's ssize_t, also behind <wasm_bpf/shared_types.h>.
 */
#ifndef WASM_BPF_WRAPPED_MONETARY_H
#define WASM_BPF_WRAPPED_MONETARY_H

#pragma push_macro("ssize_t")
#undef ssize_t
#include_next <monetary.h>
#pragma pop_macro("ssize_t")

#endif
