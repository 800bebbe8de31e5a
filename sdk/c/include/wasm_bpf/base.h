/*
 * What every file of the library starts from: how shared functions are
 * defined, how missing ones are declared, and libbpf's rule for reading an
 * options struct that may be older or newer than this header.
 */
#ifndef WASM_BPF_BASE_H
#define WASM_BPF_BASE_H

/*
 * One copy per module however many sources include it; dropped by the linker
 * where unused. Small, whatever the program's own code is compiled for: most
 * of the library runs once. What runs per event or element is HOT.
 */
#define WASM_BPF_WEAK __attribute__((weak, minsize))
#define WASM_BPF_HOT __attribute__((weak))
#define WASM_BPF_VARIABLE __attribute__((weak))

/* Using such a function is a compile-time error with this sentence. */
#define WASM_BPF_UNAVAILABLE(sentence) __attribute__((unavailable(sentence)))

/* Handles lie in a range that no WASI descriptor uses, so that close() and read() can tell. */
#define WASM_BPF_FIRST_HANDLE 0x40000000

/* After these macros: our wrappers of some of these define weak functions themselves. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The member's value if the caller's struct reaches that far, else the fallback. */
#define WASM_BPF_OPT(opts, member, fallback)                                                       \
	((opts) && (opts)->sz >= offsetof(__typeof__(*(opts)), member) + sizeof((opts)->member)    \
		 ? (opts)->member                                                                  \
		 : (fallback))

/* Stores into an output member of the caller's struct if it reaches that far. */
#define WASM_BPF_OPT_SET(opts, member, value)                                                      \
	do {                                                                                       \
		if ((opts) &&                                                                      \
		    (opts)->sz >= offsetof(__typeof__(*(opts)), member) + sizeof((opts)->member))  \
			(opts)->member = (value);                                                  \
	} while (0)

#ifdef __cplusplus
extern "C" {
#endif

/*
 * libbpf's check of an options struct: none at all is fine; the size must at
 * least hold itself, and what lies past the members known here must be zero.
 */
WASM_BPF_WEAK bool wasm_bpf_options_valid(const void *opts, size_t known)
{
	const unsigned char *bytes = (const unsigned char *)opts;
	size_t size, i;

	if (!opts)
		return true;
	memcpy(&size, opts, sizeof(size));
	if (size < sizeof(size))
		return false;
	for (i = known; i < size; i++)
		if (bytes[i])
			return false;
	return true;
}

/* The length of a string that may be missing. */
WASM_BPF_WEAK size_t wasm_bpf_length(const char *text)
{
	return text ? strlen(text) : 0;
}

/*
 * The text that an import of the form (handle, buf, len) -> full length
 * gives, in memory from malloc; NULL if it fails.
 */
WASM_BPF_WEAK char *wasm_bpf_text(int (*import)(int, char *, size_t), int handle)
{
	int length = import(handle, NULL, 0);
	char *text;

	if (length < 0)
		return NULL;
	text = (char *)malloc((size_t)length + 1);
	if (!text)
		return NULL;
	import(handle, text, (size_t)length);
	text[length] = '\0';
	return text;
}

#ifdef __cplusplus
}
#endif

#endif
