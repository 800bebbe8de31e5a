/*
 * <sys/stat.h> with Linux's AT_FDCWD, and a stat() that follows links as open()
 * does and names a directory that was not given to the module.
 */
#ifndef WASM_BPF_WRAPPED_SYS_STAT_H
#define WASM_BPF_WRAPPED_SYS_STAT_H

#include_next <sys/stat.h>
/* Declares fstatat(), too: later it would meet the macro. */
#include <__header_unistd.h>

/* First of all: the headers below may include those that call it. */
#ifdef __cplusplus
extern "C" {
#endif
int wasm_bpf_libc_stat(const char *__restrict path, struct stat *__restrict status) __asm__("stat");
int stat(const char *__restrict path, struct stat *__restrict status) __asm__("wasm_bpf_stat");
/* The same for those who look in many places: it names none that was not given. */
int wasm_bpf_look_for(const char *path, struct stat *status);
#ifdef __cplusplus
}
#endif

#include <errno.h>
#include <stdlib.h>

#include <wasm_bpf/directory.h>
#include <wasm_bpf/grant.h>
#include <wasm_bpf/real_path.h>

#ifdef __cplusplus
extern "C" {
#endif
__attribute__((weak)) int wasm_bpf_look_for(const char *path, struct stat *status)
{
	int result = wasm_bpf_libc_stat(path, status);

	if (result) {
		char *followed = wasm_bpf_followed(path);

		if (followed)
			result = wasm_bpf_libc_stat(followed, status);
		free(followed);
	}
	return result;
}

__attribute__((weak)) int stat(const char *__restrict path, struct stat *__restrict status)
{
	int result;

	/* The C library takes it for the directory. */
	if (!*path) {
		errno = ENOENT;
		return -1;
	}
	result = wasm_bpf_look_for(path, status);
	if (result)
		wasm_bpf_grant_hint(path);
	return result;
}
#ifdef __cplusplus
}
#endif

#define fstatat(directory, ...) fstatat(wasm_bpf_directory(directory), __VA_ARGS__)
#define mkdirat(directory, ...) mkdirat(wasm_bpf_directory(directory), __VA_ARGS__)
#define utimensat(directory, ...) utimensat(wasm_bpf_directory(directory), __VA_ARGS__)

#endif
