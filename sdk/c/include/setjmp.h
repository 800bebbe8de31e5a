/*
 * <setjmp.h>: WASI's C library has none. A guest can mark a place to come back
 * to, which is what setjmp() returns 0 for, but cannot come back: longjmp() is
 * an error at compile time.
 */
#ifndef WASM_BPF_SETJMP_H
#define WASM_BPF_SETJMP_H

#include <wasm_bpf/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int jmp_buf[1];
typedef jmp_buf sigjmp_buf;

/* Always 0: nothing comes back here. */
WASM_BPF_WEAK int setjmp(jmp_buf state)
{
	(void)state;
	return 0;
}

WASM_BPF_WEAK int sigsetjmp(sigjmp_buf state, int save_mask)
{
	(void)state;
	(void)save_mask;
	return 0;
}

void longjmp(jmp_buf state, int value)
	WASM_BPF_UNAVAILABLE("WebAssembly guests cannot jump: return an error");
void siglongjmp(sigjmp_buf state, int value)
	WASM_BPF_UNAVAILABLE("WebAssembly guests cannot jump: return an error");

#ifdef __cplusplus
}
#endif

#endif
