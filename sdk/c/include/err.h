/*
 * <err.h>: messages with the program's name and the last error's text, which
 * WASI's C library declares and does not have.
 */
#ifndef WASM_BPF_WRAPPED_ERR_H
#define WASM_BPF_WRAPPED_ERR_H

#include_next <err.h>

#include <errno.h>
#include <stdio.h>
#include <wasm_bpf/base.h>
#include <wasm_bpf/invocation.h>

#ifdef __cplusplus
extern "C" {
#endif

WASM_BPF_WEAK void vwarnx(const char *format, va_list args)
{
	fprintf(stderr, "%s: ", *wasm_bpf_invocation_short_name());
	if (format)
		(vfprintf)(stderr, format, args);
	putc('\n', stderr);
}

WASM_BPF_WEAK void vwarn(const char *format, va_list args)
{
	int error = errno;

	fprintf(stderr, "%s: ", *wasm_bpf_invocation_short_name());
	if (format) {
		(vfprintf)(stderr, format, args);
		fputs(": ", stderr);
	}
	fprintf(stderr, "%s\n", strerror(error));
}

WASM_BPF_WEAK void verr(int status, const char *format, va_list args)
{
	vwarn(format, args);
	exit(status);
}

WASM_BPF_WEAK void verrx(int status, const char *format, va_list args)
{
	vwarnx(format, args);
	exit(status);
}

WASM_BPF_WEAK void warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vwarn(format, args);
	va_end(args);
}

WASM_BPF_WEAK void warnx(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vwarnx(format, args);
	va_end(args);
}

WASM_BPF_WEAK void err(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	verr(status, format, args);
}

WASM_BPF_WEAK void errx(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	verrx(status, format, args);
}

#ifdef __cplusplus
}
#else
#define warn(...) warn(WASM_BPF_MESSAGE(__VA_ARGS__))
#define warnx(...) warnx(WASM_BPF_MESSAGE(__VA_ARGS__))
#define err(status, ...) err(status, WASM_BPF_MESSAGE(__VA_ARGS__))
#define errx(status, ...) errx(status, WASM_BPF_MESSAGE(__VA_ARGS__))
#endif

#endif
