/*
 * Error numbers are Linux's, as the host gives them. Every result of an import
 * passes through here once. libbpf's rule: a failing call returns -errno and
 * sets errno; one that returns a pointer returns NULL and sets errno.
 */
#ifndef WASM_BPF_ERROR_H
#define WASM_BPF_ERROR_H

#include <errno.h>
#include <wasm_bpf/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Fails with -errno: sets errno, returns it. */
WASM_BPF_WEAK int wasm_bpf_fail(int error)
{
	errno = -error;
	return error;
}

/* Fails with -errno where a pointer is expected. */
WASM_BPF_WEAK void *wasm_bpf_fail_null(int error)
{
	errno = -error;
	return NULL;
}

/* Passes an import's result on, with errno set if it is an error. */
WASM_BPF_WEAK int wasm_bpf_result(int result)
{
	return result < 0 ? wasm_bpf_fail(result) : result;
}

/* The same as the C library's functions fail: -1 and errno. */
WASM_BPF_WEAK int wasm_bpf_libc_result(int result)
{
	return wasm_bpf_result(result) < 0 ? -1 : result;
}

#ifdef __cplusplus
}
#endif

#endif
