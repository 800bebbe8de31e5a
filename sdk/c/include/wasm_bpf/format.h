/*
 * Formats of printf() and scanf() for arguments as wide as they are. Natively
 * `long` has 64 bits, so that sources print and read uint64_t, time_t and
 * size_t with "%lu"; here those are `long long`, or 4 bytes. The compiler knows
 * the arguments' types, so the format is corrected to them where it has to be.
 * And of an `unsigned long` that is the lower half of an address, "%lx" prints
 * the whole (see wasm_bpf/address.h).
 */
#ifndef WASM_BPF_FORMAT_H
#define WASM_BPF_FORMAT_H

/* Not base.h, which may be including this. */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <wasm_bpf/address.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A format and what it was corrected to. They stay: the same few come again and again. */
struct wasm_bpf_format {
	struct wasm_bpf_format *next;
	uint32_t wide;
	char *corrected;
	char original[];
};

__attribute__((weak)) struct wasm_bpf_format *wasm_bpf_formats;

/* The integers of 8 bytes are those that are said to be long. */
#define WASM_BPF_EVERY_LONG 0xffffffffu

/* Copies what is between two places of a text; where the copy ends. */
__attribute__((weak)) char *wasm_bpf_format_copy(char *out, const char *from, const char *to)
{
	memcpy(out, from, (size_t)(to - from));
	return out + (to - from);
}

/*
 * Copies a format to `out`, which has room for five times its length, and gives
 * each conversion of an integer the length that its argument has: bit i of
 * `wide` is set where argument i is of 8 bytes. Of one that is not said to be
 * long the lower half is printed, as natively. Whether anything changed.
 */
__attribute__((weak)) bool wasm_bpf_format_correct(const char *format, uint32_t wide, bool scans,
						   char *out)
{
	/* Takes 4 bytes of the arguments and prints nothing. */
	static const char skip[] = "%.0s";
	const char *const skipped = skip + sizeof(skip) - 1;
	unsigned int argument = 0, words = 0; /* `words`: of 4 bytes, taken so far; what has 8 begins at an even one */
	bool changed = false;

	while (*format) {
		const char *const start = format, *length, *end;
		bool is_wide, is_half, suppressed = false;

		if (*format++ != '%') {
			*out++ = *start;
			continue;
		}
		/* Flags, width and precision. */
		for (; *format && strchr("-+ #0123456789.'*", *format); format++) {
			if (*format != '*')
				continue;
			if (scans)
				suppressed = true;
			else
				argument++, words++;
		}
		length = format;
		for (end = length; *end && strchr("hlqjzt", *end); end++)
			;
		format = *end ? end + 1 : end;
		if (*end == '%' || !*end) {
			out = wasm_bpf_format_copy(out, start, format);
			continue;
		}
		is_wide = argument < 32 && wide >> argument & 1;
		is_half = is_wide && !scans && wide != WASM_BPF_EVERY_LONG &&
			  (end == length || *length == 'h') && strchr("diouxXcp", *end);
		if (is_half && words & 1)
			out = wasm_bpf_format_copy(out, skip, skipped);
		words = is_wide || strchr("aAeEfFgG", *end) ? (words + 1) / 2 * 2 + 2 : words + 1;
		argument += !suppressed;
		out = wasm_bpf_format_copy(out, start, length);
		if (end > length && *length != 'h' && strchr("diouxX", *end) && !suppressed) {
			changed |= is_wide != (end - length == 2 || *length == 'j' || *length == 'q');
			*out++ = 'l';
			if (is_wide)
				*out++ = 'l';
			length = end;
		}
		out = wasm_bpf_format_copy(out, length, format);
		if (is_half) {
			out = wasm_bpf_format_copy(out, skip, skipped);
			changed = true;
		}
		/* A set of characters may have a '%' in it. */
		if (scans && *end == '[')
			for (; *format && *format != ']'; format++)
				*out++ = *format;
	}
	*out = '\0';
	return changed;
}

/* The format, or its correction; the format too where there is no memory. */
__attribute__((weak, format_arg(1))) const char *wasm_bpf_format(const char *format, uint32_t wide,
								 bool scans)
{
	struct wasm_bpf_format *known;
	size_t length;

	for (known = wasm_bpf_formats; known; known = known->next)
		if (known->wide == wide && !strcmp(known->original, format))
			return known->corrected;
	length = strlen(format) + 1;
	known = (struct wasm_bpf_format *)malloc(sizeof(*known) + length * 6);
	if (!known)
		return format;
	memcpy(known->original, format, length);
	known->corrected = known->original + length;
	known->wide = wide;
	if (!wasm_bpf_format_correct(format, wide, scans, known->corrected)) {
		free(known);
		return format;
	}
	known->next = wasm_bpf_formats;
	wasm_bpf_formats = known;
	return known->corrected;
}

/* A format for printf() whose arguments were made whole: the compiler has looked at it already. */
__attribute__((weak)) const char *wasm_bpf_format_whole(const char *format, uint32_t wide)
{
	return wasm_bpf_format(format, wide, false);
}

/* A format for a list whose integers all have 8 bytes, but for those that are not said to be long. */
__attribute__((weak, format_arg(1))) const char *wasm_bpf_format_list(const char *format)
{
	return strpbrk(format, "ljzt") ? wasm_bpf_format(format, WASM_BPF_EVERY_LONG, false) : format;
}

/* The same for a list of places to read integers into. */
__attribute__((weak, format_arg(1))) const char *wasm_bpf_format_places(const char *format)
{
	return strpbrk(format, "lj") ? wasm_bpf_format(format, WASM_BPF_EVERY_LONG, true) : format;
}

/* A format with the error's text for each "%m"; the C library's texts are of other numbers. The next call takes it back. */
__attribute__((weak, format_arg(1))) const char *wasm_bpf_format_error(const char *format)
{
	static char *corrected;
	const char *const error = strerror(errno);
	size_t length = 1;
	char *out;

	for (const char *at = format; *at; at++)
		length += *at == 'm' ? strlen(error) : 1;
	free(corrected);
	out = corrected = (char *)malloc(length);
	if (!out)
		return format;
	for (; *format; format++) {
		if (*format == '%' && format[1] == 'm') {
			strcpy(out, error);
			out += strlen(error);
			format++;
			continue;
		}
		*out++ = *format;
		if (*format == '%' && format[1] == '%')
			*out++ = *++format;
	}
	*out = '\0';
	return corrected;
}

#ifdef __cplusplus
}
#else

/* The compiler knows whether it is in a format in the source, and leaves the call out. */
#define WASM_BPF_WITH_ERROR(scans, format)                                                         \
	(!(scans) && __builtin_constant_p(strlen(format)) && strstr(format, "%m")                  \
		 ? wasm_bpf_format_error(format)                                                   \
		 : (format))

#define WASM_BPF_IS_WIDE(x)                                                                        \
	_Generic((x), long long: 1u, unsigned long long: 1u, long long *: 1u,                      \
		 unsigned long long *: 1u, default: 0u)

/* The first 16 arguments after the format. */
#define WASM_BPF_WIDTHS(format, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ...)               \
	(WASM_BPF_IS_WIDE(a) | WASM_BPF_IS_WIDE(b) << 1 | WASM_BPF_IS_WIDE(c) << 2 |               \
	 WASM_BPF_IS_WIDE(d) << 3 | WASM_BPF_IS_WIDE(e) << 4 | WASM_BPF_IS_WIDE(f) << 5 |          \
	 WASM_BPF_IS_WIDE(g) << 6 | WASM_BPF_IS_WIDE(h) << 7 | WASM_BPF_IS_WIDE(i) << 8 |          \
	 WASM_BPF_IS_WIDE(j) << 9 | WASM_BPF_IS_WIDE(k) << 10 | WASM_BPF_IS_WIDE(l) << 11 |        \
	 WASM_BPF_IS_WIDE(m) << 12 | WASM_BPF_IS_WIDE(n) << 13 | WASM_BPF_IS_WIDE(o) << 14 |       \
	 WASM_BPF_IS_WIDE(p) << 15)
#define WASM_BPF_WIDTHS_OF(...)                                                                    \
	WASM_BPF_WIDTHS(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)

/* Only calls with an argument of 8 bytes look at their format. */
#define WASM_BPF_FORMAT(scans, format, ...)                                                        \
	__builtin_choose_expr(WASM_BPF_WIDTHS_OF(format, ##__VA_ARGS__) == 0,                      \
			      WASM_BPF_WITH_ERROR(scans, format),                                  \
			      wasm_bpf_format(WASM_BPF_WITH_ERROR(scans, format),                  \
					      WASM_BPF_WIDTHS_OF(format, ##__VA_ARGS__), scans)),  \
		##__VA_ARGS__

/* The same for functions that take NULL for a format. */
#define WASM_BPF_MESSAGE(format, ...)                                                              \
	__builtin_choose_expr(WASM_BPF_WIDTHS_OF(format, ##__VA_ARGS__) == 0, format,              \
			      wasm_bpf_format(format, WASM_BPF_WIDTHS_OF(format, ##__VA_ARGS__),   \
					      false)),                                             \
		##__VA_ARGS__

#ifdef WASM_BPF_LONG_64
/*
 * The program's `long` has 64 bits, the C library's 32: of that width are what
 * its functions return and `size_t`. What takes any arguments gets 64 of each.
 */
#define WASM_BPF_WHOLE(x)                                                                          \
	_Generic((x), unsigned long: (unsigned long long)_Generic((x), unsigned long: (x), default: 0), \
		 long: (long long)_Generic((x), long: (x), default: 0), default: (x))
#define WASM_BPF_IS_HALF(x) _Generic((x), unsigned long: 1u, long: 1u, default: 0u)
#else
/* An address for its lower half, whatever else for itself. */
#define WASM_BPF_WHOLE(x)                                                                          \
	_Generic((x), unsigned long: wasm_bpf_address_whole(                                       \
			      (uint32_t)_Generic((x), unsigned long: (x), default: 0)),            \
		 default: (x))
#define WASM_BPF_IS_HALF(x) _Generic((x), unsigned long: 1u, default: 0u)
#endif
#define WASM_BPF_HALVES(format, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ...)               \
	(WASM_BPF_IS_HALF(a) | WASM_BPF_IS_HALF(b) << 1 | WASM_BPF_IS_HALF(c) << 2 |               \
	 WASM_BPF_IS_HALF(d) << 3 | WASM_BPF_IS_HALF(e) << 4 | WASM_BPF_IS_HALF(f) << 5 |          \
	 WASM_BPF_IS_HALF(g) << 6 | WASM_BPF_IS_HALF(h) << 7 | WASM_BPF_IS_HALF(i) << 8 |          \
	 WASM_BPF_IS_HALF(j) << 9 | WASM_BPF_IS_HALF(k) << 10 | WASM_BPF_IS_HALF(l) << 11 |        \
	 WASM_BPF_IS_HALF(m) << 12 | WASM_BPF_IS_HALF(n) << 13 | WASM_BPF_IS_HALF(o) << 14 |       \
	 WASM_BPF_IS_HALF(p) << 15)
#define WASM_BPF_HALVES_OF(...)                                                                    \
	WASM_BPF_HALVES(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)

/* The first 16 arguments, each whole, and the others, up to 32. */
#define WASM_BPF_EACH_0()
#define WASM_BPF_EACH_1(x) , WASM_BPF_WHOLE(x)
#define WASM_BPF_EACH_2(x, ...) , WASM_BPF_WHOLE(x) WASM_BPF_EACH_1(__VA_ARGS__)
#define WASM_BPF_EACH_3(x, ...) , WASM_BPF_WHOLE(x) WASM_BPF_EACH_2(__VA_ARGS__)
#define WASM_BPF_EACH_4(x, ...) , WASM_BPF_WHOLE(x) WASM_BPF_EACH_3(__VA_ARGS__)
#define WASM_BPF_EACH_5(x, ...) , WASM_BPF_WHOLE(x) WASM_BPF_EACH_4(__VA_ARGS__)
#define WASM_BPF_EACH_6(x, ...) , WASM_BPF_WHOLE(x) WASM_BPF_EACH_5(__VA_ARGS__)
#define WASM_BPF_EACH_7(x, ...) , WASM_BPF_WHOLE(x) WASM_BPF_EACH_6(__VA_ARGS__)
#define WASM_BPF_EACH_8(x, ...) , WASM_BPF_WHOLE(x) WASM_BPF_EACH_7(__VA_ARGS__)
#define WASM_BPF_EACH_9(x, ...) , WASM_BPF_WHOLE(x) WASM_BPF_EACH_8(__VA_ARGS__)
#define WASM_BPF_EACH_10(x, ...) , WASM_BPF_WHOLE(x) WASM_BPF_EACH_9(__VA_ARGS__)
#define WASM_BPF_EACH_11(x, ...) , WASM_BPF_WHOLE(x) WASM_BPF_EACH_10(__VA_ARGS__)
#define WASM_BPF_EACH_12(x, ...) , WASM_BPF_WHOLE(x) WASM_BPF_EACH_11(__VA_ARGS__)
#define WASM_BPF_EACH_13(x, ...) , WASM_BPF_WHOLE(x) WASM_BPF_EACH_12(__VA_ARGS__)
#define WASM_BPF_EACH_14(x, ...) , WASM_BPF_WHOLE(x) WASM_BPF_EACH_13(__VA_ARGS__)
#define WASM_BPF_EACH_15(x, ...) , WASM_BPF_WHOLE(x) WASM_BPF_EACH_14(__VA_ARGS__)
#define WASM_BPF_EACH_16(x, ...) , WASM_BPF_WHOLE(x) WASM_BPF_EACH_15(__VA_ARGS__)
#define WASM_BPF_EACH_N(...) , __VA_ARGS__
#define WASM_BPF_EACH(_0, _1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16, _17, _18, _19, \
	_20, _21, _22, _23, _24, _25, _26, _27, _28, _29, _30, _31, _32, each, ...) each
#define WASM_BPF_WHOLES(format, ...) \
	WASM_BPF_EACH(0, ##__VA_ARGS__, WASM_BPF_EACH_N, WASM_BPF_EACH_N, WASM_BPF_EACH_N, WASM_BPF_EACH_N, WASM_BPF_EACH_N, \
	WASM_BPF_EACH_N, WASM_BPF_EACH_N, WASM_BPF_EACH_N, WASM_BPF_EACH_N, WASM_BPF_EACH_N, \
	WASM_BPF_EACH_N, WASM_BPF_EACH_N, WASM_BPF_EACH_N, WASM_BPF_EACH_N, WASM_BPF_EACH_N, \
	WASM_BPF_EACH_N, WASM_BPF_EACH_16, WASM_BPF_EACH_15, WASM_BPF_EACH_14, WASM_BPF_EACH_13, \
	WASM_BPF_EACH_12, WASM_BPF_EACH_11, WASM_BPF_EACH_10, WASM_BPF_EACH_9, WASM_BPF_EACH_8, \
	WASM_BPF_EACH_7, WASM_BPF_EACH_6, WASM_BPF_EACH_5, WASM_BPF_EACH_4, WASM_BPF_EACH_3, \
	WASM_BPF_EACH_2, WASM_BPF_EACH_1, WASM_BPF_EACH_0, 0) \
	(__VA_ARGS__)
#define WASM_BPF_FORMAT_WHOLE(format, ...)                                                         \
	__builtin_choose_expr(WASM_BPF_HALVES_OF(format, ##__VA_ARGS__) == 0, format,              \
			      wasm_bpf_format_whole(format,                                        \
						    WASM_BPF_WIDTHS_OF(format, ##__VA_ARGS__) |    \
							    WASM_BPF_HALVES_OF(format,             \
									       ##__VA_ARGS__)))    \
	WASM_BPF_WHOLES(format, ##__VA_ARGS__)
#ifdef WASM_BPF_LONG_64
#define printf(...) printf(WASM_BPF_FORMAT(false, __VA_ARGS__))
#define fprintf(stream, ...) fprintf(stream, WASM_BPF_FORMAT(false, __VA_ARGS__))
#define sprintf(buffer, ...) sprintf(buffer, WASM_BPF_FORMAT(false, __VA_ARGS__))
#define snprintf(buffer, size, ...) snprintf(buffer, size, WASM_BPF_FORMAT(false, __VA_ARGS__))

/* A call of one of the program's own functions that take any arguments, and what prints what they took. */
#define WASM_BPF_VARIADIC(function, first, ...)                                                    \
	function(first WASM_BPF_WHOLES(first, ##__VA_ARGS__))
/* The same where the format is known to be the first argument, the second and so on. */
#define WASM_BPF_VARIADIC_1(function, ...)                                                         \
	function(WASM_BPF_FORMAT_FIRST(__VA_ARGS__) WASM_BPF_WHOLES(__VA_ARGS__))
#define WASM_BPF_VARIADIC_2(function, a, ...)                                                      \
	function(a, WASM_BPF_FORMAT_FIRST(__VA_ARGS__) WASM_BPF_WHOLES(__VA_ARGS__))
#define WASM_BPF_VARIADIC_3(function, a, b, ...)                                                   \
	function(a, b, WASM_BPF_FORMAT_FIRST(__VA_ARGS__) WASM_BPF_WHOLES(__VA_ARGS__))
#define WASM_BPF_VARIADIC_4(function, a, b, c, ...)                                                \
	function(a, b, c, WASM_BPF_FORMAT_FIRST(__VA_ARGS__) WASM_BPF_WHOLES(__VA_ARGS__))
#define WASM_BPF_FORMAT_FIRST(first, ...)                                                          \
	__builtin_choose_expr(                                                                     \
		WASM_BPF_IS_TEXT(first) &&                                                         \
			(WASM_BPF_WIDTHS_OF(first, ##__VA_ARGS__) |                                \
			 WASM_BPF_HALVES_OF(first, ##__VA_ARGS__)) != 0,                           \
		(char *)wasm_bpf_format(_Generic((first), char *: (first), const char *: (first),  \
						 default: (const char *)0),                        \
					WASM_BPF_WIDTHS_OF(first, ##__VA_ARGS__) |                 \
						WASM_BPF_HALVES_OF(first, ##__VA_ARGS__),          \
					false),                                                    \
		first)
#define WASM_BPF_IS_TEXT(x) _Generic((x), char *: 1, const char *: 1, default: 0)
#ifdef WASM_BPF_LISTS_64
#define vprintf(format, list) (vprintf)(wasm_bpf_format_list(format), list)
#define vfprintf(stream, format, list) (vfprintf)(stream, wasm_bpf_format_list(format), list)
#define vsprintf(buffer, format, list) (vsprintf)(buffer, wasm_bpf_format_list(format), list)
#define vsnprintf(buffer, size, format, list)                                                      \
	(vsnprintf)(buffer, size, wasm_bpf_format_list(format), list)
#define vasprintf(text, format, list) (vasprintf)(text, wasm_bpf_format_list(format), list)
#define vdprintf(fd, format, list) (vdprintf)(fd, wasm_bpf_format_list(format), list)
#define vscanf(format, list) (vscanf)(wasm_bpf_format_places(format), list)
#define vfscanf(stream, format, list) (vfscanf)(stream, wasm_bpf_format_places(format), list)
#define vsscanf(text, format, list) (vsscanf)(text, wasm_bpf_format_places(format), list)
#endif
#else
/* The compiler knows this of formats in the source, and leaves the other call out. */
#define WASM_BPF_SHOWS_HALVES(format, ...)                                                         \
	(WASM_BPF_HALVES_OF(format, ##__VA_ARGS__) && strstr(format, "lx"))
#define printf(...)                                                                                \
	(WASM_BPF_SHOWS_HALVES(__VA_ARGS__) ? printf(WASM_BPF_FORMAT_WHOLE(__VA_ARGS__))           \
					    : printf(WASM_BPF_FORMAT(false, __VA_ARGS__)))
#define fprintf(stream, ...)                                                                       \
	(WASM_BPF_SHOWS_HALVES(__VA_ARGS__) ? fprintf(stream, WASM_BPF_FORMAT_WHOLE(__VA_ARGS__))  \
					    : fprintf(stream, WASM_BPF_FORMAT(false, __VA_ARGS__)))
#define sprintf(buffer, ...)                                                                       \
	(WASM_BPF_SHOWS_HALVES(__VA_ARGS__) ? sprintf(buffer, WASM_BPF_FORMAT_WHOLE(__VA_ARGS__))  \
					    : sprintf(buffer, WASM_BPF_FORMAT(false, __VA_ARGS__)))
#define snprintf(buffer, size, ...)                                                                \
	(WASM_BPF_SHOWS_HALVES(__VA_ARGS__)                                                        \
		 ? snprintf(buffer, size, WASM_BPF_FORMAT_WHOLE(__VA_ARGS__))                      \
		 : snprintf(buffer, size, WASM_BPF_FORMAT(false, __VA_ARGS__)))
#endif
#define dprintf(fd, ...) dprintf(fd, WASM_BPF_FORMAT(false, __VA_ARGS__))
#define asprintf(text, ...) asprintf(text, WASM_BPF_FORMAT(false, __VA_ARGS__))
#define scanf(...) scanf(WASM_BPF_FORMAT(true, __VA_ARGS__))
#define fscanf(stream, ...) fscanf(stream, WASM_BPF_FORMAT(true, __VA_ARGS__))
#define sscanf(text, ...) sscanf(text, WASM_BPF_FORMAT(true, __VA_ARGS__))

#endif

#endif
