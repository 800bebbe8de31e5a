/*
 * which(1), for popen().
 */
#ifndef WASM_BPF_COMMAND_WHICH_H
#define WASM_BPF_COMMAND_WHICH_H

/* First of all: the headers below may include those that call it. */
#ifdef __cplusplus
extern "C" {
#endif
__attribute__((weak)) int wasm_bpf_is_file(const char *path);
#ifdef __cplusplus
}
#endif

#include <stdio.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <wasm_bpf/grant.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Whether a path is a regular file's, or a link's to one. WASI does not tell who may run it. */
__attribute__((weak)) int wasm_bpf_is_file(const char *path)
{
	struct stat found;

	return !wasm_bpf_look_for(path, &found) && S_ISREG(found.st_mode);
}

/* The path of a program of that name: 0, or 1 if there is none in PATH, or where a shell looks without one. */
__attribute__((weak)) int wasm_bpf_command_which(FILE *out, const char *name)
{
	const char *folders = getenv("PATH");
	char path[WASM_BPF_PATH];
	size_t length;

	if (!folders)
		folders = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	if (strchr(name, '/')) {
		if (!wasm_bpf_is_file(name))
			return 1;
		fprintf(out, "%s\n", name);
		return 0;
	}
	for (; *name; folders += length + 1) {
		length = strcspn(folders, ":");
		if (snprintf(path, sizeof(path), "%.*s/%s", (int)length, folders, name) < (int)sizeof(path) &&
		    wasm_bpf_is_file(path)) {
			fprintf(out, "%s\n", path);
			return 0;
		}
		if (!folders[length])
			break;
	}
	/* Most programs are in the folder that is looked at last: that it was not given may be the reason. */
	if (*name)
		wasm_bpf_grant_hint(path);
	return 1;
}

#ifdef __cplusplus
}
#endif

#endif
