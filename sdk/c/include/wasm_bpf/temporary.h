/*
 * mkstemp() and its relatives, which WASI's C library lacks. The folder must
 * be one that was given with --dir. <stdlib.h> includes this.
 */
#ifndef WASM_BPF_TEMPORARY_H
#define WASM_BPF_TEMPORARY_H

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#ifdef __cplusplus
extern "C" {
#endif

/* <unistd.h> would include this file again. */
int getentropy(void *buffer, size_t length);

/* Puts other letters into the six places before the suffix. 0 and EINVAL unless they are "XXXXXX" the first time. */
__attribute__((weak)) int wasm_bpf_temporary_name(char *pattern, int suffix, int first)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEF";
	size_t length = strlen(pattern), i;
	unsigned char random[6];
	char *place;

	if (suffix < 0 || length < 6 + (size_t)suffix) {
		errno = EINVAL;
		return 0;
	}
	place = pattern + length - (size_t)suffix - 6;
	if (first && memcmp(place, "XXXXXX", 6)) {
		errno = EINVAL;
		return 0;
	}
	if (getentropy(random, sizeof(random)))
		return 0;
	for (i = 0; i < 6; i++)
		place[i] = letters[random[i] % 32];
	return 1;
}

/* A new file, open to read and write; -1 and errno. */
__attribute__((weak)) int mkostemps(char *pattern, int suffix, int flags)
{
	int tries, fd;

	for (tries = 0; tries < 100; tries++) {
		if (!wasm_bpf_temporary_name(pattern, suffix, !tries))
			return -1;
		fd = open(pattern, O_RDWR | O_CREAT | O_EXCL | (flags & ~O_ACCMODE), 0600);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
}

__attribute__((weak)) int mkostemp(char *pattern, int flags)
{
	return mkostemps(pattern, 0, flags);
}

__attribute__((weak)) int mkstemps(char *pattern, int suffix)
{
	return mkostemps(pattern, suffix, 0);
}

__attribute__((weak)) int mkstemp(char *pattern)
{
	return mkostemps(pattern, 0, 0);
}

/* A new folder: `pattern`, or NULL and errno. */
__attribute__((weak)) char *mkdtemp(char *pattern)
{
	int tries;

	for (tries = 0; tries < 100; tries++) {
		if (!wasm_bpf_temporary_name(pattern, 0, !tries))
			return NULL;
		if (!mkdir(pattern, 0700))
			return pattern;
		if (errno != EEXIST)
			return NULL;
	}
	return NULL;
}

#ifdef __cplusplus
}
#endif

#endif
