/*
 * close(), read() and write() for descriptors that may be the host's handles:
 * maps, programs, links, iterators, perf events, packet sockets, timers and so on share `int`
 * with files in programs written for libbpf. WASI's own descriptors are small numbers.
 */
#ifndef WASM_BPF_DESCRIPTOR_H
#define WASM_BPF_DESCRIPTOR_H

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <wasi/api.h>

#include <wasm_bpf/error.h>
#include <wasm_bpf/import.h>
#include <wasm_bpf/signal.h>

/* <wasm_bpf/shared_types.h> gives the name to another type. */
#pragma push_macro("ssize_t")
#undef ssize_t

#ifdef __cplusplus
extern "C" {
#endif

/* -1 and errno, which is translated from WASI's number when it is looked at. */
WASM_BPF_WEAK int wasm_bpf_wasi_fail(__wasi_errno_t error)
{
	*wasm_bpf_libc_errno() = error == __WASI_ERRNO_NOTCAPABLE ? __WASI_ERRNO_BADF : error;
	return -1;
}

/* A program that bpf_prog_load() made, and the object around it that closes with it. */
struct wasm_bpf_owner {
	struct wasm_bpf_owner *next;
	int member, object;
};

WASM_BPF_VARIABLE struct wasm_bpf_owner *wasm_bpf_owners = NULL;

/* The handle to close for one that the program closes. */
WASM_BPF_WEAK int wasm_bpf_disown(int handle)
{
	struct wasm_bpf_owner **at, *owner;

	for (at = &wasm_bpf_owners; (owner = *at); at = &owner->next)
		if (owner->member == handle) {
			handle = owner->object;
			*at = owner->next;
			free(owner);
			break;
		}
	return handle;
}

/* Closes a file or a handle. */
WASM_BPF_WEAK int close(int fd)
{
	__wasi_errno_t error;

	if (fd >= WASM_BPF_FIRST_HANDLE)
		return wasm_bpf_result(wasm_bpf_v1_handle_close(wasm_bpf_disown(fd))) < 0 ? -1 : 0;
	error = __wasi_fd_close(fd);
	return error ? wasm_bpf_wasi_fail(error) : 0;
}

/* Reads from a file, what an iterator's program prints, a packet, a count, or signals. */
WASM_BPF_WEAK ssize_t read(int fd, void *buf, size_t len)
{
	__wasi_iovec_t part;
	__wasi_size_t got = 0;
	__wasi_errno_t error;
	int result;

	if (fd >= WASM_BPF_FIRST_HANDLE) {
		result = wasm_bpf_signals_hook_read ? wasm_bpf_signals_hook_read(fd, buf, len) : -EBADF;
		if (result != -EBADF)
			return wasm_bpf_libc_result(result);
		do
			result = wasm_bpf_result(wasm_bpf_v1_stream_read(fd, buf, len));
		while (result == -EINTR && !wasm_bpf_signals_run());
		return result < 0 ? -1 : result;
	}
	part.buf = (uint8_t *)buf;
	part.buf_len = len;
	error = __wasi_fd_read(fd, &part, 1, &got);
	if (error == __WASI_ERRNO_INTR)
		wasm_bpf_signals_run();
	return error ? wasm_bpf_wasi_fail(error) : (ssize_t)got;
}

/* Adds to a counter; <sys/eventfd.h> sets it with the first. */
WASM_BPF_VARIABLE int (*wasm_bpf_count)(int fd, uint64_t value) = NULL;

/* Writes to a file, or adds the 8 bytes' number to a counter. */
WASM_BPF_WEAK ssize_t write(int fd, const void *buf, size_t len)
{
	__wasi_ciovec_t part;
	__wasi_size_t put = 0;
	__wasi_errno_t error;
	uint64_t value;
	int result;

	if (fd >= WASM_BPF_FIRST_HANDLE && wasm_bpf_count) {
		if (len < sizeof(value))
			return wasm_bpf_libc_result(-EINVAL);
		memcpy(&value, buf, sizeof(value));
		do
			result = wasm_bpf_count(fd, value);
		while (result == -EINTR && !wasm_bpf_signals_run());
		return result < 0 ? wasm_bpf_libc_result(result) : (ssize_t)sizeof(value);
	}
	part.buf = (const uint8_t *)buf;
	part.buf_len = len;
	error = __wasi_fd_write(fd, &part, 1, &put);
	return error ? wasm_bpf_wasi_fail(error) : (ssize_t)put;
}

#ifdef __cplusplus
}
#endif

#pragma pop_macro("ssize_t")

#endif
