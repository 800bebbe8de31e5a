/*
 * <sys/resource.h>: limits as programs for BPF use them. Kernels from 5.11 on
 * account BPF memory by cgroup, and the host raises RLIMIT_MEMLOCK itself on
 * 5.10, so that raising it here succeeds and does nothing.
 */
#ifndef WASM_BPF_WRAPPED_SYS_RESOURCE_H
#define WASM_BPF_WRAPPED_SYS_RESOURCE_H

#include <sys/time.h>
#include <sys/types.h>

#include <wasm_bpf/error.h>

#define RLIMIT_CPU 0
#define RLIMIT_FSIZE 1
#define RLIMIT_DATA 2
#define RLIMIT_STACK 3
#define RLIMIT_CORE 4
#define RLIMIT_RSS 5
#define RLIMIT_NPROC 6
#define RLIMIT_NOFILE 7
#define RLIMIT_MEMLOCK 8
#define RLIMIT_AS 9

#define RLIM_INFINITY (~0ull)

#ifdef __cplusplus
extern "C" {
#endif

typedef unsigned long long rlim_t;

struct rlimit {
	rlim_t rlim_cur;
	rlim_t rlim_max;
};

/* 0 for RLIMIT_MEMLOCK; -1 and ENOSYS for the others. */
WASM_BPF_WEAK int setrlimit(int resource, const struct rlimit *limit)
{
	(void)limit;
	if (resource == RLIMIT_MEMLOCK)
		return 0;
	errno = ENOSYS;
	return -1;
}

/* RLIMIT_MEMLOCK is without limit; -1 and ENOSYS for the others. */
WASM_BPF_WEAK int getrlimit(int resource, struct rlimit *limit)
{
	limit->rlim_cur = RLIM_INFINITY;
	limit->rlim_max = RLIM_INFINITY;
	return setrlimit(resource, limit);
}

#ifdef __cplusplus
}
#endif

#endif
