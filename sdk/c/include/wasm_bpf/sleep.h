/*
 * Sleeping so that signals keep their promise: pending handlers run before and
 * after, and a handler that ran ends the sleep. <unistd.h> and <time.h> sit on
 * this; their definitions take the place of the C library's.
 */
#ifndef WASM_BPF_SLEEP_H
#define WASM_BPF_SLEEP_H

#include <wasi/api.h>

#include <wasm_bpf/signal.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Nanoseconds on WASI's monotonic clock. */
WASM_BPF_WEAK uint64_t wasm_bpf_now(void)
{
	__wasi_timestamp_t now = 0;

	(void)!__wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 1, &now);
	return now;
}

/* Suspends the program; the host returns early for a signal that it handles. */
WASM_BPF_WEAK void wasm_bpf_suspend(uint64_t nanoseconds)
{
	__wasi_subscription_t subscription;
	__wasi_event_t event;
	__wasi_size_t count;

	memset(&subscription, 0, sizeof(subscription));
	subscription.u.tag = __WASI_EVENTTYPE_CLOCK;
	subscription.u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
	subscription.u.u.clock.timeout = nanoseconds;
	(void)!__wasi_poll_oneoff(&subscription, &event, 1, &count);
}

/*
 * Sleeps; how many nanoseconds are left because a handler ran (a signal that
 * came before counts as one that came at once), else 0.
 */
WASM_BPF_WEAK uint64_t wasm_bpf_sleep(uint64_t nanoseconds)
{
	uint64_t now = wasm_bpf_now();
	uint64_t end = now + nanoseconds < now ? UINT64_MAX : now + nanoseconds;
	bool interrupted;

	for (;;) {
		interrupted = wasm_bpf_signals_run();
		now = wasm_bpf_now();
		if (interrupted || now >= end)
			break;
		wasm_bpf_suspend(end - now);
	}
	if (!interrupted)
		return 0;
	return now < end ? end - now : 1;
}

#ifdef __cplusplus
}
#endif

#endif
