/*
 * <fcntl.h> with Linux's numbers: BPF programs report the flags of open() and
 * descriptors like AT_FDCWD as the kernel has them, and programs compare them
 * with these names. O_PATH opens a directory for its descriptor's sake, which
 * WASI does with O_RDONLY; O_TMPFILE cannot be had, and open() fails with
 * EINVAL. Where a directory was not given to the module, open() says so.
 */
#ifndef WASM_BPF_WRAPPED_FCNTL_H
#define WASM_BPF_WRAPPED_FCNTL_H

/* <wasm_bpf/shared_types.h> gives the name to another type. */
#pragma push_macro("ssize_t")
#undef ssize_t

/* The C library's functions, whose numbers are WASI's, under names of their own. */
#define open wasm_bpf_libc_open
#define openat wasm_bpf_libc_openat
#define fcntl wasm_bpf_libc_fcntl
#include_next <fcntl.h>
#undef open
#undef openat
#undef fcntl

#ifdef __cplusplus
extern "C" {
#endif
int wasm_bpf_libc_open(const char *path, int flags, ...) __asm__("open");
int wasm_bpf_libc_openat(int directory, const char *path, int flags, ...) __asm__("openat");
int wasm_bpf_libc_fcntl(int fd, int command, ...) __asm__("fcntl");
int open(const char *path, int flags, ...) __asm__("wasm_bpf_open");
int openat(int directory, const char *path, int flags, ...) __asm__("wasm_bpf_openat");
int fcntl(int fd, int command, ...) __asm__("wasm_bpf_fcntl");
#ifdef __cplusplus
}
#endif

#include <errno.h>
#include <stdarg.h>

/* WASI's numbers. */
enum wasm_bpf_wasi_open {
	WASM_BPF_WASI_RDONLY = O_RDONLY,
	WASM_BPF_WASI_WRONLY = O_WRONLY,
	WASM_BPF_WASI_CREAT = O_CREAT,
	WASM_BPF_WASI_EXCL = O_EXCL,
	WASM_BPF_WASI_TRUNC = O_TRUNC,
	WASM_BPF_WASI_APPEND = O_APPEND,
	WASM_BPF_WASI_NONBLOCK = O_NONBLOCK,
	WASM_BPF_WASI_DSYNC = O_DSYNC,
	WASM_BPF_WASI_SYNC = O_SYNC,
	WASM_BPF_WASI_DIRECTORY = O_DIRECTORY,
	WASM_BPF_WASI_NOFOLLOW = O_NOFOLLOW,
};

#undef O_RDONLY
#undef O_WRONLY
#undef O_RDWR
#undef O_ACCMODE
#undef O_CREAT
#undef O_EXCL
#undef O_NOCTTY
#undef O_TRUNC
#undef O_APPEND
#undef O_NONBLOCK
#undef O_NDELAY
#undef O_DSYNC
#undef O_SYNC
#undef O_RSYNC
#undef O_DIRECT
#undef O_LARGEFILE
#undef O_DIRECTORY
#undef O_NOFOLLOW
#undef O_NOATIME
#undef O_CLOEXEC
#undef O_PATH
#undef O_TMPFILE
#undef AT_FDCWD
#define O_RDONLY 00
#define O_WRONLY 01
#define O_RDWR 02
#define O_ACCMODE 03
#define O_CREAT 0100
#define O_EXCL 0200
#define O_NOCTTY 0400
#define O_TRUNC 01000
#define O_APPEND 02000
#define O_NONBLOCK 04000
#define O_NDELAY O_NONBLOCK
#define O_DSYNC 010000
#define O_DIRECT 040000
#define O_LARGEFILE 0
#define O_DIRECTORY 0200000
#define O_NOFOLLOW 0400000
#define O_NOATIME 01000000
#define O_CLOEXEC 02000000
#define O_SYNC 04010000
#define O_RSYNC O_SYNC
#define O_PATH 010000000
#define O_TMPFILE 020200000
#define AT_FDCWD (-100)

/* They may include what opens files: by the numbers above. */
#include <wasm_bpf/grant.h>
#include <wasm_bpf/real_path.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A flag of Linux's and WASI's for it. What a guest has no use for is not here. */
struct wasm_bpf_open_flag {
	int flag, wasi;
};

__attribute__((weak)) const struct wasm_bpf_open_flag *wasm_bpf_open_flags(void)
{
	static const struct wasm_bpf_open_flag flags[] = {
		{O_CREAT, WASM_BPF_WASI_CREAT},
		{O_EXCL, WASM_BPF_WASI_EXCL},
		{O_TRUNC, WASM_BPF_WASI_TRUNC},
		{O_APPEND, WASM_BPF_WASI_APPEND},
		{O_NONBLOCK, WASM_BPF_WASI_NONBLOCK},
		{O_SYNC, WASM_BPF_WASI_SYNC},
		{O_DSYNC, WASM_BPF_WASI_DSYNC},
		{O_DIRECTORY, WASM_BPF_WASI_DIRECTORY},
		{O_NOFOLLOW, WASM_BPF_WASI_NOFOLLOW},
		{0, 0},
	};

	return flags;
}

/* Linux's flags as WASI's. */
__attribute__((weak)) int wasm_bpf_open_to_wasi(int flags)
{
	const struct wasm_bpf_open_flag *known;
	int access = flags & O_ACCMODE, wasi;

	wasi = access == O_RDONLY ? WASM_BPF_WASI_RDONLY
	       : access == O_WRONLY
		       ? WASM_BPF_WASI_WRONLY
		       : (int)WASM_BPF_WASI_RDONLY | (int)WASM_BPF_WASI_WRONLY;
	for (known = wasm_bpf_open_flags(); known->flag; known++)
		if ((flags & known->flag) == known->flag)
			wasi |= known->wasi;
	return wasi;
}

/* WASI's flags of an open file as Linux's. */
__attribute__((weak)) int wasm_bpf_open_from_wasi(int wasi)
{
	const struct wasm_bpf_open_flag *known;
	int flags = !(wasi & (int)WASM_BPF_WASI_WRONLY)	  ? O_RDONLY
		    : wasi & (int)WASM_BPF_WASI_RDONLY ? O_RDWR
							       : O_WRONLY;

	for (known = wasm_bpf_open_flags(); known->flag; known++)
		if ((wasi & known->wasi) == known->wasi)
			flags |= known->flag;
	return flags;
}

__attribute__((weak)) int openat(int directory, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;
	int fd;

	if ((flags & O_TMPFILE) == O_TMPFILE) {
		errno = EINVAL;
		return -1;
	}
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
	flags = wasm_bpf_open_to_wasi(flags);
	if (directory != AT_FDCWD)
		return wasm_bpf_libc_openat(directory, path, flags, mode);
	fd = wasm_bpf_libc_open(path, flags, mode);
	if (fd < 0 && !(flags & (int)WASM_BPF_WASI_NOFOLLOW)) {
		char *followed = wasm_bpf_followed(path);

		if (followed)
			fd = wasm_bpf_libc_open(followed, flags, mode);
		free(followed);
	}
	if (fd < 0)
		wasm_bpf_grant_hint(path);
	return fd;
}

__attribute__((weak)) int open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	if (flags & O_CREAT) {
		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	return openat(AT_FDCWD, path, flags, mode);
}

/* F_GETFL, F_SETFL, F_GETFD and F_SETFD; others are EINVAL. */
__attribute__((weak)) int fcntl(int fd, int command, ...)
{
	int argument = 0, result;
	va_list args;

	if (command == F_SETFL || command == F_SETFD) {
		va_start(args, command);
		argument = va_arg(args, int);
		va_end(args);
	}
	if (command == F_SETFL)
		argument = wasm_bpf_open_to_wasi(argument) &
			   ~((int)WASM_BPF_WASI_RDONLY | (int)WASM_BPF_WASI_WRONLY);
	result = wasm_bpf_libc_fcntl(fd, command, argument);
	return command == F_GETFL && result >= 0 ? wasm_bpf_open_from_wasi(result) : result;
}

#ifdef __cplusplus
}
#endif

#pragma pop_macro("ssize_t")

#endif
