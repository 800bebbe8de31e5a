/*
 * Windows: guest memory over which the host maps pages of the kernel's.
 * Positions in them are plain loads and stores, which is enough on x86-64; a
 * page is taken for 4096 bytes, and a host with larger ones refuses windows
 * that are laid out so.
 */
#ifndef WASM_BPF_WINDOW_H
#define WASM_BPF_WINDOW_H

#include <wasm_bpf/base.h>

/* Windows begin at such an address and take whole blocks. */
#define WASM_BPF_WINDOW_BLOCK 0x10000u
#define WASM_BPF_PAGE 4096u

/* Keeps the compiler from moving accesses to records across those to positions. */
#define WASM_BPF_FENCE() __asm__ volatile("" ::: "memory")

#ifdef __cplusplus
extern "C" {
#endif

/* `size` in whole blocks. */
WASM_BPF_WEAK size_t wasm_bpf_window_whole(size_t size)
{
	return (size + WASM_BPF_WINDOW_BLOCK - 1) & ~(size_t)(WASM_BPF_WINDOW_BLOCK - 1);
}

/* Guest memory for a window over `size` bytes, or NULL. */
WASM_BPF_WEAK unsigned char *wasm_bpf_window_memory(size_t size)
{
	return (unsigned char *)aligned_alloc(WASM_BPF_WINDOW_BLOCK, wasm_bpf_window_whole(size));
}

#ifdef __cplusplus
}
#endif

#endif
