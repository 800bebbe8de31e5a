/*
 * Names that libbpf 1.x keeps for programs written for 0.x. The strict modes
 * are always on, as in 1.x.
 */
#ifndef __LIBBPF_LEGACY_BPF_H
#define __LIBBPF_LEGACY_BPF_H

#include <bpf/libbpf_common.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wasm_bpf/error.h>

#ifdef __cplusplus
extern "C" {
#endif

enum libbpf_strict_mode {
	LIBBPF_STRICT_ALL = 0xffffffff,
	LIBBPF_STRICT_NONE = 0x00,
	LIBBPF_STRICT_CLEAN_PTRS = 0x01,
	LIBBPF_STRICT_DIRECT_ERRS = 0x02,
	LIBBPF_STRICT_SEC_NAME = 0x04,
	LIBBPF_STRICT_NO_OBJECT_LIST = 0x08,
	LIBBPF_STRICT_AUTO_RLIMIT_MEMLOCK = 0x10,
	LIBBPF_STRICT_MAP_DEFINITIONS = 0x20,
	__LIBBPF_STRICT_LAST,
};

#define DECLARE_LIBBPF_OPTS LIBBPF_OPTS

/* Whether a pointer is an error code in libbpf 0.x's manner (the last 4095 addresses). */
WASM_BPF_WEAK bool wasm_bpf_is_error(const void *ptr)
{
	return (__UINTPTR_TYPE__)ptr >= (__UINTPTR_TYPE__)-4095;
}

/* Changes nothing: every mode is on. Returns 0. */
WASM_BPF_WEAK int libbpf_set_strict_mode(enum libbpf_strict_mode mode)
{
	(void)mode;
	return 0;
}

/* 0 for a good pointer; for NULL, -errno of the call that returned it. */
WASM_BPF_WEAK long libbpf_get_error(const void *ptr)
{
	if (ptr && !wasm_bpf_is_error(ptr))
		return 0;
	if (ptr)
		errno = (int)-(intptr_t)ptr;
	return -errno;
}

#ifdef __cplusplus
}
#endif

#endif
