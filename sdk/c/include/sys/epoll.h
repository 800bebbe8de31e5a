/*
 * <sys/epoll.h>: event loops over ring and perf buffers, perf events, packet
 * sockets, timers, signals, and what WASI can wait for. The set is the kernel's
 * own, behind a handle of the host's.
 */
#ifndef WASM_BPF_SYS_EPOLL_H
#define WASM_BPF_SYS_EPOLL_H

#include <stdint.h>

#include <__typedef_sigset_t.h>
#include <wasm_bpf/descriptor.h>
#include <wasm_bpf/sleep.h>

#define EPOLL_CLOEXEC 02000000

#define EPOLL_CTL_ADD 1
#define EPOLL_CTL_DEL 2
#define EPOLL_CTL_MOD 3

enum EPOLL_EVENTS {
	EPOLLIN = 0x1,
	EPOLLPRI = 0x2,
	EPOLLOUT = 0x4,
	EPOLLERR = 0x8,
	EPOLLHUP = 0x10,
	EPOLLRDHUP = 0x2000,
};
#define EPOLLONESHOT (1u << 30)
#define EPOLLET (1u << 31)

/* The most events that the host stores in one call. */
#define WASM_BPF_EPOLL_EVENTS 1024

#ifdef __cplusplus
extern "C" {
#endif

typedef union epoll_data {
	void *ptr;
	int fd;
	uint32_t u32;
	uint64_t u64;
} epoll_data_t;

/* As the host stores it: the data is aligned to 8 bytes. */
struct epoll_event {
	uint32_t events;
	epoll_data_t data;
};

/* A set of what is waited for, to be closed with close(). */
WASM_BPF_WEAK int epoll_create1(int flags)
{
	if (flags & ~EPOLL_CLOEXEC)
		return wasm_bpf_libc_result(-EINVAL);
	return wasm_bpf_libc_result(wasm_bpf_v1_epoll_create());
}

WASM_BPF_WEAK int epoll_create(int size)
{
	return size > 0 ? epoll_create1(0) : wasm_bpf_libc_result(-EINVAL);
}

/* Adds, changes or removes a descriptor of a ring or perf buffer, timer, file of WASI and so on. */
WASM_BPF_WEAK int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
	if (!event && operation != EPOLL_CTL_DEL)
		return wasm_bpf_libc_result(-EFAULT);
	return wasm_bpf_libc_result(wasm_bpf_v1_epoll_ctl(epoll, operation, fd,
							  event ? event->events : 0,
							  event ? event->data.u64 : 0));
}

/* Waits for at most `timeout` milliseconds (-1: for ever). How many are ready; -1 and EINTR after a signal handler ran. */
WASM_BPF_WEAK int epoll_wait(int epoll, struct epoll_event *events, int most, int timeout)
{
	const uint64_t end = wasm_bpf_now() + (uint64_t)timeout * 1000000u;
	uint64_t now;
	int result;

	if (most > WASM_BPF_EPOLL_EVENTS)
		most = WASM_BPF_EPOLL_EVENTS;
	if (most <= 0)
		return wasm_bpf_libc_result(-EINVAL);
	for (;;) {
		result = wasm_bpf_v1_epoll_wait(epoll, events, (size_t)most * sizeof(*events), timeout);
		if (result != -EINTR || wasm_bpf_signals_run())
			return wasm_bpf_libc_result(result);
		if (timeout > 0) {
			now = wasm_bpf_now();
			timeout = now < end ? (int)((end - now + 999999u) / 1000000u) : 0;
		}
	}
}

/* The same with other signals blocked meanwhile. */
WASM_BPF_WEAK int epoll_pwait(int epoll, struct epoll_event *events, int most, int timeout,
			      const sigset_t *mask)
{
	const uint64_t blocked = wasm_bpf_signals_blocked;
	/* What is ready comes before signals. */
	int result = epoll_wait(epoll, events, most, 0);

	if (result)
		return result;
	if (mask)
		wasm_bpf_signals_block(*mask);
	result = wasm_bpf_signals_run() ? wasm_bpf_libc_result(-EINTR)
					: epoll_wait(epoll, events, most, timeout);
	wasm_bpf_signals_block(blocked);
	return result;
}

#ifdef __cplusplus
}
#endif

#endif
