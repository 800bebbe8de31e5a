/*
 * realpath(), and what follows the links that the sandbox does not: those whose
 * target is absolute, as /etc/alternatives and /proc/PID/exe have it. Each step
 * is looked up in the directories that the module was given, so that nothing
 * else is reached this way. <stdlib.h>, <fcntl.h>, <stdio.h> and <unistd.h> use it.
 */
#ifndef WASM_BPF_REAL_PATH_H
#define WASM_BPF_REAL_PATH_H

/* Bytes of a path, as Linux has them in PATH_MAX, and links that it follows. */
#define WASM_BPF_PATH 4096
#define WASM_BPF_MAX_LINKS 40

/* First of all: the headers below may include those that call it. */
#ifdef __cplusplus
extern "C" {
#endif
__attribute__((weak)) char *realpath(const char *__restrict path, char *__restrict resolved);
__attribute__((weak)) char *wasm_bpf_followed(const char *path);
#ifdef __cplusplus
}
#endif

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <wasi/api.h>

#ifdef __cplusplus
extern "C" {
#endif

/* <unistd.h> would include this file again. */
long readlink(const char *__restrict path, char *__restrict buffer, size_t size);
char *getcwd(char *buffer, size_t size);

/* Takes the last part off an absolute path that has `length` bytes; "/" stays. */
__attribute__((weak)) size_t wasm_bpf_parent(const char *path, size_t length)
{
	while (length > 1 && path[length - 1] != '/')
		length--;
	return length > 1 ? length - 1 : length;
}

/*
 * The file's path without links, "." and "..": in `resolved`, which has room
 * for WASM_BPF_PATH bytes, or in memory from malloc() where that is NULL. NULL and
 * errno if something of it is not there, or cannot be looked at.
 */
__attribute__((weak)) char *realpath(const char *__restrict path, char *__restrict resolved)
{
	char rest[2 * WASM_BPF_PATH], done[WASM_BPF_PATH], target[WASM_BPF_PATH];
	size_t length = 1, part;
	struct stat found;
	char *at = rest;
	int links = 0;

	if (!path) {
		errno = EINVAL;
		return NULL;
	}
	if (!*path) {
		errno = ENOENT;
		return NULL;
	}
	if (strlen(path) >= WASM_BPF_PATH) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	strcpy(rest, path);
	done[0] = '/';
	if (*path != '/') {
		if (!getcwd(done, sizeof(done)))
			return NULL;
		length = strlen(done);
	}
	for (;;) {
		size_t before = length;
		long got;

		at += strspn(at, "/");
		part = strcspn(at, "/");
		if (!part)
			break;
		if (part == 1 && *at == '.') {
			at += part;
			continue;
		}
		if (part == 2 && at[0] == '.' && at[1] == '.') {
			length = wasm_bpf_parent(done, length);
			at += part;
			continue;
		}
		if (length + part + 2 > sizeof(done)) {
			errno = ENAMETOOLONG;
			return NULL;
		}
		if (length > 1)
			done[length++] = '/';
		memcpy(done + length, at, part);
		length += part;
		done[length] = '\0';
		at += part;
		if (lstat(done, &found)) {
			/* What lies above a directory that was given cannot be seen: it is no link, then. */
			if (errno == ENOTCAPABLE && at[strspn(at, "/")])
				continue;
			return NULL;
		}
		if (S_ISLNK(found.st_mode)) {
			if (++links > WASM_BPF_MAX_LINKS) {
				errno = ELOOP;
				return NULL;
			}
			got = readlink(done, target, sizeof(target) - 1);
			if (got < 0)
				return NULL;
			if ((size_t)got + strlen(at) >= sizeof(rest)) {
				errno = ENAMETOOLONG;
				return NULL;
			}
			memmove(rest + got, at, strlen(at) + 1);
			memcpy(rest, target, (size_t)got);
			at = rest;
			length = target[0] == '/' ? 1 : before;
		} else if (*at && !S_ISDIR(found.st_mode)) {
			errno = ENOTDIR;
			return NULL;
		}
	}
	done[length] = '\0';
	if (!resolved)
		resolved = (char *)malloc(length + 1);
	return resolved ? strcpy(resolved, done) : NULL;
}

/*
 * After a call with this path has failed: the path without links, to try
 * again with, in memory from malloc(). NULL, and errno as it was, where links
 * cannot be the reason.
 */
__attribute__((weak)) char *wasm_bpf_followed(const char *path)
{
	int error = errno;
	char *followed = NULL;

	/* What WASI says of links out of a directory, and of those that are no paths. */
	if (error == EPERM || error == ELOOP)
		followed = realpath(path, NULL);
	if (followed && !strcmp(followed, path)) {
		free(followed);
		followed = NULL;
	}
	errno = error;
	return followed;
}

#ifdef __cplusplus
}
#endif

#endif
