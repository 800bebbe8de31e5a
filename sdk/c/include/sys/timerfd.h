/*
 * <sys/timerfd.h>: timers that are read, and waited for beside other things.
 */
#ifndef WASM_BPF_SYS_TIMERFD_H
#define WASM_BPF_SYS_TIMERFD_H

#include <time.h>

#include <wasm_bpf/descriptor.h>

#define TFD_NONBLOCK 04000
#define TFD_CLOEXEC 02000000
#define TFD_TIMER_ABSTIME 1
#define TFD_TIMER_CANCEL_ON_SET 2

#ifdef __cplusplus
extern "C" {
#endif

/* Where <time.h> has struct itimerspec. */
#if defined(_POSIX_SOURCE) || defined(_POSIX_C_SOURCE) || defined(_XOPEN_SOURCE) ||                  \
	defined(_GNU_SOURCE) || defined(_BSD_SOURCE)
/* Seconds and nanoseconds of the interval and of the first expiration, as the host takes them. */
struct wasm_bpf_timer {
	int64_t times[4];
};

/* A timer, to be closed with close(); read() takes how often it expired, 8 bytes. */
WASM_BPF_WEAK int timerfd_create(clockid_t clock, int flags)
{
	return wasm_bpf_libc_result(wasm_bpf_v1_timerfd_create(wasm_bpf_clock(clock), flags));
}

/* The timer's interval, and how long it is to its next expiration. */
WASM_BPF_WEAK int timerfd_gettime(int fd, struct itimerspec *now)
{
	struct wasm_bpf_timer timer;

	if (wasm_bpf_result(wasm_bpf_v1_timerfd_gettime(fd, &timer, sizeof(timer))) < 0)
		return -1;
	now->it_interval.tv_sec = timer.times[0];
	now->it_interval.tv_nsec = (long)timer.times[1];
	now->it_value.tv_sec = timer.times[2];
	now->it_value.tv_nsec = (long)timer.times[3];
	return 0;
}

/* Sets it; what it was before is in `before` unless that is NULL. */
WASM_BPF_WEAK int timerfd_settime(int fd, int flags, const struct itimerspec *wanted,
				  struct itimerspec *before)
{
	const struct wasm_bpf_timer timer = { { wanted->it_interval.tv_sec, wanted->it_interval.tv_nsec,
						wanted->it_value.tv_sec, wanted->it_value.tv_nsec } };

	if (before && timerfd_gettime(fd, before))
		return -1;
	return wasm_bpf_libc_result(
		wasm_bpf_v1_timerfd_settime(fd, flags, &timer, sizeof(timer)));
}
#endif

#ifdef __cplusplus
}
#endif

#endif
