/*
 * Memory that the kernel's pages can be mapped over: windows begin at
 * multiples of 64 KiB, so such memory comes in whole blocks of that size.
 */
#ifndef WASM_BPF_BLOCKS_H
#define WASM_BPF_BLOCKS_H

#include <wasm_bpf/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WASM_BPF_BLOCK ((size_t)0x10000)

/* The bytes of the blocks that hold `size` bytes. */
WASM_BPF_WEAK size_t wasm_bpf_blocks_size(size_t size)
{
	return (size + WASM_BPF_BLOCK - 1) & ~(WASM_BPF_BLOCK - 1);
}

/* Whole blocks for `size` bytes, to be freed with free() once no window covers them; NULL: no memory. */
WASM_BPF_WEAK unsigned char *wasm_bpf_blocks(size_t size)
{
	return (unsigned char *)aligned_alloc(WASM_BPF_BLOCK, wasm_bpf_blocks_size(size));
}

#ifdef __cplusplus
}
#endif

#endif
