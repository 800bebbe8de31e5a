/*
 * <stdlib.h> with what programs take from glibc's: the limits that it pulls
 * in, temporary files, and system(), of which "clear" works.
 */
#ifndef WASM_BPF_WRAPPED_STDLIB_H
#define WASM_BPF_WRAPPED_STDLIB_H

#include_next <stdlib.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <wasm_bpf/temporary.h>

#ifdef __cplusplus
extern "C" {
#endif

/* "clear" clears the terminal; every other command is -1 and ENOSYS. NULL: there is no shell, 0. */
__attribute__((weak)) int system(const char *command)
{
	if (!command)
		return 0;
	if (!strcmp(command, "clear")) {
		fputs("\033[H\033[2J\033[3J", stdout);
		fflush(stdout);
		return 0;
	}
	errno = ENOSYS;
	return -1;
}

#ifdef __cplusplus
}
#endif

#endif
