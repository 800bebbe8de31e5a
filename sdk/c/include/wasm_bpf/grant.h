/*
 * A path below no directory that the module was given never reaches the host:
 * the C library itself says ENOTCAPABLE. This says which --dir is missing, once
 * for each. <fcntl.h> and <stdio.h> call it.
 */
#ifndef WASM_BPF_GRANT_H
#define WASM_BPF_GRANT_H

/* First of all: the headers below may include those that call it. */
#ifdef __cplusplus
extern "C"
#endif
__attribute__((weak)) void wasm_bpf_grant_hint(const char *path);

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <errno.h>
#include <wasi/api.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The length of the directory to give: all of /proc or /sys, otherwise the one that the file is in. */
__attribute__((weak)) size_t wasm_bpf_grant_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!strncmp(path, "/proc/", 6))
		return 5;
	if (!strncmp(path, "/sys/", 5))
		return 4;
	return slash == path ? 1 : (size_t)(slash - path);
}

/* Whether it was not said of this directory before. */
__attribute__((weak)) bool wasm_bpf_grant_is_news(const char *directory, size_t length)
{
	static char said[8][64];
	size_t i;

	for (i = 0; i < 8 && said[i][0]; i++)
		if (!strncmp(said[i], directory, length) && !said[i][length])
			return false;
	if (i == 8 || length >= sizeof(said[0]))
		return i < 8;
	memcpy(said[i], directory, length);
	return true;
}

/* After a call with this path has failed; errno stays. */
__attribute__((weak)) void wasm_bpf_grant_hint(const char *path)
{
	static const char start[] = "wasm-bpf: ";
	static const char middle[] = ": the module was not given this directory; run it with --dir ";
	const char *directory = strchr(path, '/') ? path : ".";
	size_t length = strchr(path, '/') ? wasm_bpf_grant_length(path) : 1;
	const __wasi_ciovec_t parts[] = {
		{(const uint8_t *)start, sizeof(start) - 1},
		{(const uint8_t *)path, strlen(path)},
		{(const uint8_t *)middle, sizeof(middle) - 1},
		{(const uint8_t *)directory, length},
		{(const uint8_t *)"\n", 1},
	};
	__wasi_size_t written;

	if (errno == ENOTCAPABLE && wasm_bpf_grant_is_news(directory, length))
		(void)!__wasi_fd_write(2, parts, sizeof(parts) / sizeof(*parts), &written);
}

#ifdef __cplusplus
}
#endif

#endif
