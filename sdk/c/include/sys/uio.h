/*
 * <sys/uio.h>, where readv() and its kin have the C library's ssize_t, also behind <wasm_bpf/shared_types.h>.
 */
#ifndef WASM_BPF_WRAPPED_SYS_UIO_H
#define WASM_BPF_WRAPPED_SYS_UIO_H

#pragma push_macro("ssize_t")
#undef ssize_t
#include_next <sys/uio.h>
#pragma pop_macro("ssize_t")

#endif
