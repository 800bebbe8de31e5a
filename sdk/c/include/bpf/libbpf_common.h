/*
 * What libbpf's headers share: LIBBPF_OPTS() and its relatives, which declare
 * an options struct with `sz` set and everything unnamed zero.
 */
#ifndef __LIBBPF_LIBBPF_COMMON_H
#define __LIBBPF_LIBBPF_COMMON_H

#include <bpf/libbpf_version.h>
#include <string.h>

#ifndef LIBBPF_API
#define LIBBPF_API __attribute__((visibility("default")))
#endif

#define LIBBPF_DEPRECATED(msg) __attribute__((deprecated(msg)))

/* memset first, so that padding is zero too: options are checked byte by byte. */
#define LIBBPF_OPTS(TYPE, NAME, ...)                                                               \
	struct TYPE NAME = ({                                                                      \
		memset(&NAME, 0, sizeof(NAME));                                                    \
		(struct TYPE){.sz = sizeof(struct TYPE), __VA_ARGS__};                             \
	})

#define LIBBPF_OPTS_RESET(NAME, ...)                                                               \
	do {                                                                                       \
		__typeof__(NAME) wasm_bpf_fresh_##NAME = ({                                        \
			memset(&wasm_bpf_fresh_##NAME, 0, sizeof(NAME));                           \
			(__typeof__(NAME)){.sz = sizeof(NAME), __VA_ARGS__};                       \
		});                                                                                \
		memcpy(&NAME, &wasm_bpf_fresh_##NAME, sizeof(NAME));                               \
	} while (0)

#endif
