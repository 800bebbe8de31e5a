/*
 * <stdlib.h> with what programs take from glibc's: the limits that it pulls
 * in, temporary files, realpath(), addresses as wide as the kernel's, and
 * system(), of which "clear" works. What returns error numbers returns Linux's.
 */
#ifndef WASM_BPF_WRAPPED_STDLIB_H
#define WASM_BPF_WRAPPED_STDLIB_H

/* The C library's functions, one of which returns WASI's numbers, under names of their own. */
#define posix_memalign wasm_bpf_libc_posix_memalign
#define qsort wasm_bpf_libc_qsort
#include_next <stdlib.h>
#undef posix_memalign
#undef qsort

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <wasm_bpf/real_path.h>
#include <wasm_bpf/temporary.h>
#include <wasm_bpf/wait_status.h>

#ifdef __cplusplus
extern "C" {
#endif
int wasm_bpf_libc_posix_memalign(void **pointer, size_t alignment, size_t size) __asm__("posix_memalign");
int posix_memalign(void **pointer, size_t alignment, size_t size) __asm__("wasm_bpf_posix_memalign");
void wasm_bpf_libc_qsort(void *base, size_t count, size_t size,
			 int (*compare)(const void *, const void *)) __asm__("qsort");
void qsort(void *base, size_t count, size_t size,
	   int (*compare)(const void *, const void *)) __asm__("wasm_bpf_qsort");

/* 0, or Linux's EINVAL or ENOMEM. */
__attribute__((weak)) int posix_memalign(void **pointer, size_t alignment, size_t size)
{
	return wasm_bpf_errno_linux(wasm_bpf_libc_posix_memalign(pointer, alignment, size));
}

/* Moves each element to its place, of which `order` tells where its element lies now; `spare` has room for one. */
__attribute__((weak)) void wasm_bpf_rearrange(char *base, size_t count, size_t size, char **order,
					      char *spare)
{
	size_t first, at, next;

	for (first = 0; first < count; first++) {
		if (order[first] == base + first * size)
			continue;
		memcpy(spare, base + first * size, size);
		for (at = first; order[at] != base + first * size; at = next) {
			next = (size_t)(order[at] - base) / size;
			memcpy(base + at * size, order[at], size);
			order[at] = base + at * size;
		}
		memcpy(base + at * size, spare, size);
		order[at] = base + at * size;
	}
}

/*
 * As glibc's up to 2.36: elements that compare as equal keep their order. Runs
 * of 1, 2, 4 and so on are merged, as pointers to where the elements lie.
 */
__attribute__((weak)) void qsort(void *base, size_t count, size_t size,
				 int (*compare)(const void *, const void *))
{
	char **const all = (char **)malloc(2 * count * sizeof(*all) + size);
	char **from = all, **to = all + count, **other;
	size_t run, at;

	if (!all) {
		wasm_bpf_libc_qsort(base, count, size, compare);
		return;
	}
	for (at = 0; at < count; at++)
		all[at] = (char *)base + at * size;
	for (run = 1; run < count; run *= 2, other = from, from = to, to = other) {
		for (at = 0; at < count; at += 2 * run) {
			size_t left = at, middle = at + run < count ? at + run : count;
			size_t right = middle, end = at + 2 * run < count ? at + 2 * run : count;

			for (other = to + at; left < middle || right < end; other++)
				*other = right == end || (left < middle && compare(from[left], from[right]) <= 0)
						 ? from[left++]
						 : from[right++];
		}
	}
	wasm_bpf_rearrange((char *)base, count, size, from, (char *)(all + 2 * count));
	free(all);
}

/* "clear" clears the terminal; every other command is -1 and ENOSYS. NULL: there is no shell, 0. */
__attribute__((weak)) int system(const char *command)
{
	if (!command)
		return 0;
	if (!strcmp(command, "clear")) {
		fputs("\033[H\033[2J\033[3J", stdout);
		fflush(stdout);
		return 0;
	}
	errno = ENOSYS;
	return -1;
}

/*
 * strtol() and strtoul(), which natively read 64 bits. In base 16 they do here
 * too: those are addresses. Other numbers are out of range where `long` ends,
 * as they are wherever it has 32 bits. Programs whose `long` was made as wide as
 * natively call strtoll() and strtoull().
 */
__attribute__((weak)) long long wasm_bpf_strtol(const char *text, char **end, int base)
{
	return base == 16 ? strtoll(text, end, base) : strtol(text, end, base);
}

__attribute__((weak)) unsigned long long wasm_bpf_strtoul(const char *text, char **end, int base)
{
	return base == 16 ? strtoull(text, end, base) : strtoul(text, end, base);
}

#ifdef __cplusplus
}
#else
#define strtol(text, end, base) wasm_bpf_strtol(text, end, base)
#define strtoul(text, end, base) wasm_bpf_strtoul(text, end, base)
/* As glibc's, the limit where the number is beyond it. */
#define atoll(text) strtoll(text, NULL, 10)
#endif

#endif
