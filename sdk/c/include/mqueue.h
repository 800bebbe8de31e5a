/*
 * <mqueue.h>, where the functions of message queues have the C library's ssize_t, also behind <wasm_bpf/shared_types.h>.
 */
#ifndef WASM_BPF_WRAPPED_MQUEUE_H
#define WASM_BPF_WRAPPED_MQUEUE_H

#pragma push_macro("ssize_t")
#undef ssize_t
#include_next <mqueue.h>
#pragma pop_macro("ssize_t")

#endif
