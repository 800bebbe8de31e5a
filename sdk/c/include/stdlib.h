/*
 * <stdlib.h> with what programs take from glibc's: the limits that it pulls
 * in, temporary files, realpath(), addresses as wide as the kernel's, and
 * system(), of which "clear" works. What returns error numbers returns Linux's.
 */
#ifndef WASM_BPF_WRAPPED_STDLIB_H
#define WASM_BPF_WRAPPED_STDLIB_H

/* The C library's function, which returns WASI's numbers, under a name of its own. */
#define posix_memalign wasm_bpf_libc_posix_memalign
#include_next <stdlib.h>
#undef posix_memalign

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <wasm_bpf/real_path.h>
#include <wasm_bpf/temporary.h>
#include <wasm_bpf/wait_status.h>

#ifdef __cplusplus
extern "C" {
#endif
int wasm_bpf_libc_posix_memalign(void **pointer, size_t alignment, size_t size) __asm__("posix_memalign");
int posix_memalign(void **pointer, size_t alignment, size_t size) __asm__("wasm_bpf_posix_memalign");

/* 0, or Linux's EINVAL or ENOMEM. */
__attribute__((weak)) int posix_memalign(void **pointer, size_t alignment, size_t size)
{
	return wasm_bpf_errno_linux(wasm_bpf_libc_posix_memalign(pointer, alignment, size));
}

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

/*
 * strtol() and strtoul(), which natively read 64 bits. In base 16 they do here
 * too: those are addresses. Other numbers are out of range where `long` ends,
 * as they are wherever it has 32 bits.
 */
__attribute__((weak)) long long wasm_bpf_strtol(const char *text, char **end, int base)
{
	return base == 16 ? strtoll(text, end, base) : strtol(text, end, base);
}

__attribute__((weak)) unsigned long long wasm_bpf_strtoul(const char *text, char **end, int base)
{
	return base == 16 ? strtoull(text, end, base) : strtoul(text, end, base);
}

#ifdef __cplusplus
}
#else
#define strtol(text, end, base) wasm_bpf_strtol(text, end, base)
#define strtoul(text, end, base) wasm_bpf_strtoul(text, end, base)
#endif

#endif
