/*
 * memcpy(), memmove() and memset(): the machine's own for what is worth the
 * call, a loop for less. wasi-libc's unrolled ones are ten times the code.
 */
#include <stddef.h>
#include <string.h>

#define WEAK __attribute__((weak))
/* Bytes from which on the engine's copying is faster than a loop. */
#define WORTHWHILE 32

WEAK void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	char *target = to;
	const char *source = from;

	if (size >= WORTHWHILE)
		return __builtin_memcpy(to, from, size);
	while (size--)
		*target++ = *source++;
	return to;
}

WEAK void *memmove(void *to, const void *from, size_t size)
{
	return __builtin_memmove(to, from, size);
}

WEAK void *memset(void *to, int byte, size_t size)
{
	char *target = to;

	if (size >= WORTHWHILE)
		return __builtin_memset(to, byte, size);
	while (size--)
		*target++ = (char)byte;
	return to;
}
