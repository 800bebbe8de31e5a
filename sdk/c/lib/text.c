/*
 * Searches in strings, byte by byte: wasi-libc's look at a word at a time, which
 * for names and lines gains nothing and takes five times the code.
 */
#include <stddef.h>
#include <string.h>

#define WEAK __attribute__((weak))

WEAK size_t strlen(const char *text)
{
	const char *end = text;

	while (*end)
		end++;
	return (size_t)(end - text);
}

WEAK void *memchr(const void *memory, int byte, size_t size)
{
	const unsigned char *at = memory;

	for (; size; size--, at++)
		if (*at == (unsigned char)byte)
			return (void *)at;
	return NULL;
}

/* wasi-libc's own functions call this one by its inner name. */
WEAK char *__strchrnul(const char *text, int byte)
{
	while (*text && *text != (char)byte)
		text++;
	return (char *)text;
}

WEAK char *strchrnul(const char *text, int byte)
{
	return __strchrnul(text, byte);
}

WEAK char *__stpncpy(char *restrict to, const char *restrict from, size_t size)
{
	for (; size && (*to = *from); size--, to++, from++)
		;
	memset(to, 0, size);
	return to;
}

WEAK char *stpncpy(char *restrict to, const char *restrict from, size_t size)
{
	return __stpncpy(to, from, size);
}
