/*
 * Linux's clocks: WASI has the first four, the host the others; BPF programs
 * measure with bpf_ktime_get_boot_ns(), which is CLOCK_BOOTTIME. <time.h>
 * includes this.
 */
/* First: it includes this where it needs it. */
#include <time.h>

#ifndef WASM_BPF_CLOCK_H
#define WASM_BPF_CLOCK_H

#include <wasm_bpf/error.h>
#include <wasm_bpf/import.h>

/* WASI's are the addresses of objects, which lie above these. */
#define WASM_BPF_CLOCKS 16
#define CLOCK_MONOTONIC_RAW ((clockid_t)4)
#define CLOCK_REALTIME_COARSE ((clockid_t)5)
#define CLOCK_MONOTONIC_COARSE ((clockid_t)6)
#define CLOCK_BOOTTIME ((clockid_t)7)
#define CLOCK_TAI ((clockid_t)11)

#ifdef __cplusplus
extern "C" {
#endif

int wasm_bpf_libc_clock_gettime(clockid_t clock, struct timespec *time) __asm__("clock_gettime");
int wasm_bpf_libc_clock_getres(clockid_t clock, struct timespec *resolution) __asm__("clock_getres");
int clock_gettime(clockid_t clock, struct timespec *time) __asm__("wasm_bpf_clock_gettime");
int clock_getres(clockid_t clock, struct timespec *resolution) __asm__("wasm_bpf_clock_getres");

/* Linux's number of a clock; -1 for those of a process's or thread's time. */
WASM_BPF_WEAK int wasm_bpf_clock(clockid_t clock)
{
	if ((uintptr_t)clock < WASM_BPF_CLOCKS)
		return (int)(uintptr_t)clock;
	if (clock == CLOCK_REALTIME)
		return 0;
	return clock == CLOCK_MONOTONIC ? 1 : -1;
}

/* What the host says of a clock, in nanoseconds: its time, or its resolution. */
WASM_BPF_WEAK int wasm_bpf_clock_ask(clockid_t clock, int resolution, struct timespec *out)
{
	int64_t answer = 0;

	if (wasm_bpf_result(wasm_bpf_v1_clock_time((int)(uintptr_t)clock, resolution, &answer,
						   sizeof(answer))) < 0)
		return -1;
	if (out) {
		out->tv_sec = (time_t)(answer / 1000000000);
		out->tv_nsec = (long)(answer % 1000000000);
	}
	return 0;
}

WASM_BPF_WEAK int clock_gettime(clockid_t clock, struct timespec *time)
{
	return (uintptr_t)clock < WASM_BPF_CLOCKS ? wasm_bpf_clock_ask(clock, 0, time)
						  : wasm_bpf_libc_clock_gettime(clock, time);
}

WASM_BPF_WEAK int clock_getres(clockid_t clock, struct timespec *resolution)
{
	return (uintptr_t)clock < WASM_BPF_CLOCKS ? wasm_bpf_clock_ask(clock, 1, resolution)
						  : wasm_bpf_libc_clock_getres(clock, resolution);
}

#ifdef __cplusplus
}
#endif

#endif
