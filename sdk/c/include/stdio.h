/*
 * <stdio.h> with popen(), which fails: a guest cannot start processes.
 */
#ifndef WASM_BPF_WRAPPED_STDIO_H
#define WASM_BPF_WRAPPED_STDIO_H

#include_next <stdio.h>

#include <errno.h>

#ifdef __cplusplus
extern "C" {
#endif

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

#endif
