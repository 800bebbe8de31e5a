/*
 * <time.h> whose nanosleep() and clock_nanosleep() run signal handlers, and
 * whose local time is the host's, as are the clocks that WASI lacks.
 */
#ifndef WASM_BPF_WRAPPED_TIME_H
#define WASM_BPF_WRAPPED_TIME_H

/* The C library's, which takes UTC for local time and knows four clocks, under names of its own. */
#define mktime wasm_bpf_libc_mktime
#define clock_gettime wasm_bpf_libc_clock_gettime
#define clock_getres wasm_bpf_libc_clock_getres
#include_next <time.h>
#undef mktime
#undef clock_gettime
#undef clock_getres

#include <wasm_bpf/clock.h>
#include <wasm_bpf/local_time.h>
#include <wasm_bpf/sleep.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 0, or -1 with EINTR and what is left in `remaining` after a handler ran. */
WASM_BPF_WEAK int nanosleep(const struct timespec *request, struct timespec *remaining)
{
	uint64_t left;

	if (request->tv_sec < 0 || request->tv_nsec < 0 || request->tv_nsec > 999999999) {
		errno = EINVAL;
		return -1;
	}
	left = wasm_bpf_sleep((uint64_t)request->tv_sec * 1000000000u + (uint64_t)request->tv_nsec);
	if (!left)
		return 0;
	if (remaining) {
		remaining->tv_sec = (time_t)(left / 1000000000u);
		remaining->tv_nsec = (long)(left % 1000000000u);
	}
	errno = EINTR;
	return -1;
}

#if defined(_POSIX_SOURCE) || defined(_POSIX_C_SOURCE) || defined(_XOPEN_SOURCE) ||                  \
	defined(_GNU_SOURCE) || defined(_BSD_SOURCE)
/* As nanosleep(), or until an absolute time; returns the error. */
WASM_BPF_WEAK int clock_nanosleep(clockid_t clock, int flags, const struct timespec *request,
				  struct timespec *remaining)
{
	struct timespec now, wait = *request;

	if (flags & TIMER_ABSTIME) {
		if (clock_gettime(clock, &now))
			return errno;
		wait.tv_sec -= now.tv_sec;
		wait.tv_nsec -= now.tv_nsec;
		if (wait.tv_nsec < 0) {
			wait.tv_sec--;
			wait.tv_nsec += 1000000000;
		}
		if (wait.tv_sec < 0)
			return 0;
		remaining = NULL;
	}
	return nanosleep(&wait, remaining) ? errno : 0;
}
#endif

#ifdef __cplusplus
}
#endif

#endif
