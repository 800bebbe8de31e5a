/*
 * <poll.h> whose poll() takes the host's handles as well: packet sockets and
 * perf events beside files.
 */
#ifndef WASM_BPF_WRAPPED_POLL_H
#define WASM_BPF_WRAPPED_POLL_H

/* The C library's function, under a name of its own. */
#define poll wasm_bpf_libc_poll
#include_next <poll.h>
#undef poll

#include <wasm_bpf/error.h>
#include <wasm_bpf/import.h>
#include <wasm_bpf/signal.h>

#ifdef __cplusplus
extern "C" {
#endif

int wasm_bpf_libc_poll(struct pollfd *fds, nfds_t count, int timeout) __asm__("poll");
int poll(struct pollfd *fds, nfds_t count, int timeout) __asm__("wasm_bpf_poll");

/* Fills in what can be read now, and returns how many descriptors have something. */
WASM_BPF_WEAK int wasm_bpf_poll_look(struct pollfd *fds, nfds_t count)
{
	int ready, found = 0;
	nfds_t i;

	for (i = 0; i < count; i++) {
		fds[i].revents = 0;
		if (fds[i].fd < 0)
			continue;
		ready = wasm_bpf_v1_wait(&fds[i].fd, sizeof(fds[i].fd), 0);
		if (ready < 0 && ready != -4) /* Linux's EINTR: nothing was looked at */
			fds[i].revents = POLLNVAL;
		else if (ready > 0)
			fds[i].revents = (short)(fds[i].events & POLLIN);
		found += fds[i].revents != 0;
	}
	return found;
}

/*
 * Waits until one of the descriptors has something to read. With a handle of
 * the host's among them it says nothing about writing. -1 and EINTR after a
 * signal handler ran.
 */
WASM_BPF_WEAK int poll(struct pollfd *fds, nfds_t count, int timeout)
{
	int *numbers, wanted = 0, ready, found, handles = 0;
	nfds_t i;

	for (i = 0; i < count; i++)
		handles += fds[i].fd >= WASM_BPF_FIRST_HANDLE;
	if (!handles) {
		ready = wasm_bpf_libc_poll(fds, count, timeout);
		if (!wasm_bpf_signals_run() || ready > 0)
			return ready;
		errno = EINTR;
		return -1;
	}
	numbers = (int *)malloc(count * sizeof(*numbers));
	if (!numbers) {
		errno = ENOMEM;
		return -1;
	}
	found = wasm_bpf_poll_look(fds, count);
	for (i = 0; i < count; i++)
		if (fds[i].fd >= 0 && fds[i].events & POLLIN)
			numbers[wanted++] = fds[i].fd;
	do
		ready = found ? found
			      : wasm_bpf_result(wasm_bpf_v1_wait(
					numbers, (size_t)wanted * sizeof(*numbers), timeout));
	while (ready == -EINTR && !wasm_bpf_signals_run());
	free(numbers);
	if (ready > 0 && !found)
		ready = wasm_bpf_poll_look(fds, count);
	return ready < 0 ? -1 : ready;
}

#ifdef __cplusplus
}
#endif

#endif
