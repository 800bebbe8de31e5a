/*
 * Kernel symbols that a program reads from /proc/kallsyms into `unsigned long`
 * are the lower halves of their addresses. A program that subtracts them from a
 * stack's addresses, to say how far into a function these are, needs of those
 * the lower halves too, also where it keeps them in 64 bits. <stdio.h> includes
 * this.
 */
#ifndef WASM_BPF_KERNEL_SYMBOLS_H
#define WASM_BPF_KERNEL_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Whether the program has opened the list of symbols, and whether it has read them into 32 bits. */
__attribute__((weak)) bool wasm_bpf_symbols_opened = false;
__attribute__((weak)) bool wasm_bpf_symbols_are_halves = false;

/* Notes that a program opens a file. */
__attribute__((weak)) void wasm_bpf_symbols_open(const char *path)
{
	if (path && !strcmp(path, "/proc/kallsyms"))
		wasm_bpf_symbols_opened = true;
}

/* Notes that a program scans something into `unsigned long`; the format. */
__attribute__((weak, format_arg(1))) const char *wasm_bpf_symbols_scan(const char *format)
{
	if (wasm_bpf_symbols_opened && strstr(format, "%lx"))
		wasm_bpf_symbols_are_halves = true;
	return format;
}

#ifdef __cplusplus
}
#endif

/* Not where <wasm_bpf/format.h> is yet to come. */
#ifdef WASM_BPF_FORMAT

#define WASM_BPF_IS_LONGS(x) _Generic((x), long *: 1, unsigned long *: 1, default: 0)
/* Whether one of the first 16 arguments after the format points to `long`. */
#define WASM_BPF_LONGS(format, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ...)                \
	(WASM_BPF_IS_LONGS(a) | WASM_BPF_IS_LONGS(b) | WASM_BPF_IS_LONGS(c) |                      \
	 WASM_BPF_IS_LONGS(d) | WASM_BPF_IS_LONGS(e) | WASM_BPF_IS_LONGS(f) |                      \
	 WASM_BPF_IS_LONGS(g) | WASM_BPF_IS_LONGS(h) | WASM_BPF_IS_LONGS(i) |                      \
	 WASM_BPF_IS_LONGS(j) | WASM_BPF_IS_LONGS(k) | WASM_BPF_IS_LONGS(l) |                      \
	 WASM_BPF_IS_LONGS(m) | WASM_BPF_IS_LONGS(n) | WASM_BPF_IS_LONGS(o) | WASM_BPF_IS_LONGS(p))
#define WASM_BPF_LONGS_OF(...)                                                                     \
	WASM_BPF_LONGS(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)

/* The arguments of a scan: with its format corrected, and noted where it reads `long`. */
#define WASM_BPF_SCAN(format, ...)                                                                 \
	__builtin_choose_expr(WASM_BPF_LONGS_OF(format, ##__VA_ARGS__), wasm_bpf_symbols_scan(format), \
			      format),                                                             \
		##__VA_ARGS__

#undef fscanf
#undef sscanf
#define fscanf(stream, ...) wasm_bpf_fscanf(stream, WASM_BPF_SCAN(__VA_ARGS__))
#define wasm_bpf_fscanf(stream, ...) (fscanf)(stream, WASM_BPF_FORMAT(true, __VA_ARGS__))
#define sscanf(text, ...) wasm_bpf_sscanf(text, WASM_BPF_SCAN(__VA_ARGS__))
#define wasm_bpf_sscanf(text, ...) (sscanf)(text, WASM_BPF_FORMAT(true, __VA_ARGS__))

#endif

#endif
