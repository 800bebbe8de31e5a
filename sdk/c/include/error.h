/*
 * <error.h>: glibc's error(), a message with the program's name and the
 * error's text, and perhaps the program's end.
 */
#ifndef WASM_BPF_WRAPPED_ERROR_H
#define WASM_BPF_WRAPPED_ERROR_H

#include <stdarg.h>
#include <stdio.h>

#include <wasm_bpf/base.h>
#include <wasm_bpf/invocation.h>

#ifdef __cplusplus
extern "C" {
#endif

WASM_BPF_VARIABLE unsigned error_message_count = 0;

/* Prints to stderr, after stdout is flushed; exits if `status` is not 0. */
__attribute__((weak, format(printf, 3, 4))) void error(int status, int number, const char *format,
						       ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "%s: ", *wasm_bpf_invocation_name());
	va_start(args, format);
	(vfprintf)(stderr, format, args);
	va_end(args);
	if (number)
		fprintf(stderr, ": %s", strerror(number));
	putc('\n', stderr);
	error_message_count++;
	if (status)
		exit(status);
}

#ifdef __cplusplus
}
#else
#define error(status, number, ...) error(status, number, WASM_BPF_MESSAGE(__VA_ARGS__))
#endif

#endif
