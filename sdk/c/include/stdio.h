/*
 * <stdio.h> with popen() of the few commands that the SDK answers itself; with
 * an fopen() that follows links, names a directory that was not given to the
 * module, and fits lists of mappings to 32 bits; and with printf() and scanf()
 * for the formats of programs whose `long` has 64 bits.
 */
#ifndef WASM_BPF_WRAPPED_STDIO_H
#define WASM_BPF_WRAPPED_STDIO_H

/* <wasm_bpf/shared_types.h> gives the name to another type. */
#pragma push_macro("ssize_t")
#undef ssize_t

/* The C library's functions, under names of their own. */
#define fopen wasm_bpf_libc_fopen
#define getdelim wasm_bpf_libc_getdelim
#define getline wasm_bpf_libc_getline
#define perror wasm_bpf_libc_perror
#include_next <stdio.h>
#undef fopen
#undef getdelim
#undef getline
#undef perror

#ifdef __cplusplus
extern "C" {
#endif
FILE *wasm_bpf_libc_fopen(const char *__restrict path,
			  const char *__restrict mode) __asm__("fopen");
FILE *fopen(const char *__restrict path, const char *__restrict mode) __asm__("wasm_bpf_fopen");
long wasm_bpf_libc_getdelim(char **__restrict line, size_t *__restrict size, int end,
			       FILE *__restrict stream) __asm__("getdelim");
long getdelim(char **__restrict line, size_t *__restrict size, int end,
		 FILE *__restrict stream) __asm__("wasm_bpf_getdelim");
long getline(char **__restrict line, size_t *__restrict size,
		FILE *__restrict stream) __asm__("wasm_bpf_getline");
void perror(const char *message) __asm__("wasm_bpf_perror");
int isatty(int fd); /* <unistd.h> would include this file again. */
#ifdef __cplusplus
}
#endif

#include <errno.h>
#include <string.h>

#include <wasm_bpf/grant.h>
#include <wasm_bpf/proc_maps.h>
#include <wasm_bpf/real_path.h>

#ifdef __cplusplus
extern "C" {
#endif

/* As natively: to files and pipes 4096 bytes at a time from the first on. The C library begins with a line. */
__attribute__((weak, constructor)) void wasm_bpf_buffer_output(void)
{
	static char buffer[4096 + 8]; /* 8 are for ungetc() */

	if (!isatty(1))
		setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
}

/* Of <wasm_bpf/kernel_symbols.h>, which has to come last. */
__attribute__((weak)) void wasm_bpf_symbols_open(const char *path);

__attribute__((weak)) FILE *fopen(const char *__restrict path, const char *__restrict mode)
{
	FILE *file;
	bool own;

	/* The C library takes it for the directory. */
	if (!*path) {
		errno = ENOENT;
		return NULL;
	}
	file = wasm_bpf_libc_fopen(path, mode);
	wasm_bpf_symbols_open(path);
	if (!file) {
		char *followed = wasm_bpf_followed(path);

		if (followed)
			file = wasm_bpf_libc_fopen(followed, mode);
		free(followed);
	}
	if (!file)
		wasm_bpf_grant_hint(path);
	else if (wasm_bpf_is_maps(path, &own) && (own || wasm_bpf_address_pages.used))
		file = wasm_bpf_maps(file, own, own ? wasm_bpf_libc_fopen("/proc/self/mem", "r") : NULL);
	return file;
}

__attribute__((weak)) void perror(const char *message)
{
	const char *text = strerror(errno);

	if (message && *message) {
		fputs(message, stderr);
		fputs(": ", stderr);
	}
	fputs(text, stderr);
	fputc('\n', stderr);
}

/* As glibc's: where the length is 0, the pointer is not looked at. */
__attribute__((weak)) long getdelim(char **__restrict line, size_t *__restrict size, int end,
				       FILE *__restrict stream)
{
	if (line && size && !*size)
		*line = NULL;
	return wasm_bpf_libc_getdelim(line, size, end, stream);
}

__attribute__((weak)) long getline(char **__restrict line, size_t *__restrict size,
				      FILE *__restrict stream)
{
	return getdelim(line, size, '\n', stream);
}

#ifdef __cplusplus
}
#endif

#include <wasm_bpf/command.h>
#include <wasm_bpf/format.h>
#include <wasm_bpf/kernel_symbols.h>

#pragma pop_macro("ssize_t")

#endif
