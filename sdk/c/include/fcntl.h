/*
 * <fcntl.h> with the flags of Linux that WASI lacks: O_PATH opens a directory
 * for its descriptor's sake, which WASI does with O_RDONLY; O_TMPFILE cannot
 * be had, and open() fails with EINVAL. Where a directory was not given to the
 * module, open() says so.
 */
#ifndef WASM_BPF_WRAPPED_FCNTL_H
#define WASM_BPF_WRAPPED_FCNTL_H

/* <wasm_bpf/shared_types.h> gives the name to another type. */
#pragma push_macro("ssize_t")
#undef ssize_t

/* The C library's function, under a name of its own. */
#define open wasm_bpf_libc_open
#include_next <fcntl.h>
#undef open

#ifdef __cplusplus
extern "C" {
#endif
int wasm_bpf_libc_open(const char *path, int flags, ...) __asm__("open");
int open(const char *path, int flags, ...) __asm__("wasm_bpf_open");
#ifdef __cplusplus
}
#endif

#include <stdarg.h>

#include <wasm_bpf/grant.h>
#include <wasm_bpf/real_path.h>

#ifndef O_PATH
#define O_PATH O_RDONLY
#endif
#ifndef O_TMPFILE
#define O_TMPFILE (O_DIRECTORY | O_EXCL | O_CREAT)
#endif
#ifndef O_LARGEFILE
#define O_LARGEFILE 0
#endif
#ifndef O_DIRECT
#define O_DIRECT 0
#endif

#ifdef __cplusplus
extern "C" {
#endif

__attribute__((weak)) int open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;
	int fd;

	if (flags & O_CREAT) {
		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	/* The C library takes it for the directory. */
	if (!*path) {
		errno = ENOENT;
		return -1;
	}
	fd = wasm_bpf_libc_open(path, flags, mode);
	if (fd < 0 && !(flags & O_NOFOLLOW)) {
		char *followed = wasm_bpf_followed(path);

		if (followed)
			fd = wasm_bpf_libc_open(followed, flags, mode);
		free(followed);
	}
	if (fd < 0)
		wasm_bpf_grant_hint(path);
	return fd;
}

#ifdef __cplusplus
}
#endif

#pragma pop_macro("ssize_t")

#endif
