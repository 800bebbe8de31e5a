/*
 * strtol() and its kin, which every parser of options pulls in: wasi-libc's go
 * through a stdio stream made of the string, at six times the code.
 */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define WEAK __attribute__((weak))

/* The value of a digit in any base; 36 and more for what is none. */
static unsigned digit(char c)
{
	if ((unsigned char)(c - '0') < 10)
		return (unsigned char)(c - '0');
	c |= 0x20;
	return (unsigned char)(c - 'a') < 26 ? (unsigned char)(c - 'a') + 10 : 36;
}

/* C11 7.22.1.4, for a type whose largest value is `most`; a negative one of a signed type may be one larger. */
static unsigned long long parse(const char *text, char **end, int base, unsigned long long most,
				bool is_signed)
{
	const char *at = text, *after = text;
	unsigned long long value = 0, limit = most;
	bool negative, over = false;

	if (base < 0 || base == 1 || base > 36) {
		errno = EINVAL;
		if (end)
			*end = (char *)text;
		return 0;
	}
	while (*at == ' ' || (unsigned char)(*at - '\t') < 5)
		at++;
	negative = *at == '-';
	if (negative || *at == '+')
		at++;
	if (!(base & ~16) && *at == '0' && (at[1] | 0x20) == 'x' && digit(at[2]) < 16) {
		at += 2;
		base = 16;
	} else if (!base) {
		base = *at == '0' ? 8 : 10;
	}
	if (is_signed && negative)
		limit++;
	for (; digit(*at) < (unsigned)base; after = ++at) {
		over |= value > (limit - digit(*at)) / (unsigned)base;
		value = value * (unsigned)base + digit(*at);
	}
	if (end)
		*end = (char *)after;
	if (over) {
		errno = ERANGE;
		return is_signed && negative ? -limit : limit;
	}
	return negative ? -value : value;
}

/* An unsigned number that is too small counts as one that is too large, as glibc and musl have it. */
WEAK unsigned long long strtoull(const char *restrict text, char **restrict end, int base)
{
	return parse(text, end, base, ULLONG_MAX, false);
}

WEAK long long strtoll(const char *restrict text, char **restrict end, int base)
{
	return (long long)parse(text, end, base, LLONG_MAX, true);
}

WEAK unsigned long strtoul(const char *restrict text, char **restrict end, int base)
{
	return (unsigned long)parse(text, end, base, ULONG_MAX, false);
}

WEAK long strtol(const char *restrict text, char **restrict end, int base)
{
	return (long)parse(text, end, base, LONG_MAX, true);
}
