/*
 * <stdio.h> with popen(), which fails: a guest cannot start processes; with an
 * fopen() that names a directory that was not given to the module; and with
 * printf() and scanf() for the formats of programs whose `long` has 64 bits.
 */
#ifndef WASM_BPF_WRAPPED_STDIO_H
#define WASM_BPF_WRAPPED_STDIO_H

/* The C library's function, under a name of its own. */
#define fopen wasm_bpf_libc_fopen
#include_next <stdio.h>
#undef fopen

#ifdef __cplusplus
extern "C" {
#endif
FILE *wasm_bpf_libc_fopen(const char *__restrict path,
			  const char *__restrict mode) __asm__("fopen");
FILE *fopen(const char *__restrict path, const char *__restrict mode) __asm__("wasm_bpf_fopen");
#ifdef __cplusplus
}
#endif

#include <errno.h>

#include <wasm_bpf/grant.h>

#ifdef __cplusplus
extern "C" {
#endif

__attribute__((weak)) FILE *fopen(const char *__restrict path, const char *__restrict mode)
{
	FILE *file = wasm_bpf_libc_fopen(path, mode);

	if (!file)
		wasm_bpf_grant_hint(path);
	return file;
}

/* NULL and ENOSYS. */
__attribute__((weak)) FILE *popen(const char *command, const char *mode)
{
	(void)command;
	(void)mode;
	errno = ENOSYS;
	return NULL;
}

/* -1 and ENOSYS. */
__attribute__((weak)) int pclose(FILE *stream)
{
	(void)stream;
	errno = ENOSYS;
	return -1;
}

#ifdef __cplusplus
}
#endif

#include <wasm_bpf/format.h>

#endif
