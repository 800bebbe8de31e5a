/*
 * <setjmp.h>: jumping out of functions is not available; using it is a
 * compile-time error.
 */
#ifndef WASM_BPF_WRAPPED_SETJMP_H
#define WASM_BPF_WRAPPED_SETJMP_H

#include <wasm_bpf/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int jmp_buf[1];
typedef int sigjmp_buf[1];

int setjmp(jmp_buf state) WASM_BPF_UNAVAILABLE("WebAssembly guests cannot jump: return an error");
int sigsetjmp(sigjmp_buf state, int mask)
	WASM_BPF_UNAVAILABLE("WebAssembly guests cannot jump: return an error");
void longjmp(jmp_buf state, int value)
	WASM_BPF_UNAVAILABLE("WebAssembly guests cannot jump: return an error");
void siglongjmp(sigjmp_buf state, int value)
	WASM_BPF_UNAVAILABLE("WebAssembly guests cannot jump: return an error");

#ifdef __cplusplus
}
#endif

#endif
