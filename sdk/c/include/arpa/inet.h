/*
 * <arpa/inet.h> whose inet_ntop() and inet_pton() take Linux's address families
 * (see <sys/socket.h>).
 */
#ifndef WASM_BPF_WRAPPED_ARPA_INET_H
#define WASM_BPF_WRAPPED_ARPA_INET_H

/* The C library's functions, under names of their own. */
#define inet_ntop wasm_bpf_libc_inet_ntop
#define inet_pton wasm_bpf_libc_inet_pton
#include_next <arpa/inet.h>
#undef inet_ntop
#undef inet_pton

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include <wasm_bpf/base.h>

#ifdef __cplusplus
extern "C" {
#endif

const char *wasm_bpf_libc_inet_ntop(int family, const void *__restrict address,
				    char *__restrict text, socklen_t size) __asm__("inet_ntop");
int wasm_bpf_libc_inet_pton(int family, const char *__restrict text,
			    void *__restrict address) __asm__("inet_pton");
const char *inet_ntop(int family, const void *__restrict address, char *__restrict text,
		      socklen_t size) __asm__("wasm_bpf_inet_ntop");
int inet_pton(int family, const char *__restrict text,
	      void *__restrict address) __asm__("wasm_bpf_inet_pton");

/* The C library's number for one of Linux's families; -1 for one that has no text form. */
WASM_BPF_WEAK int wasm_bpf_libc_family(int family)
{
	return family == AF_INET ? 1 : family == AF_INET6 ? 2 : -1;
}

/* `text`, or NULL with EAFNOSUPPORT or ENOSPC. */
WASM_BPF_WEAK const char *inet_ntop(int family, const void *__restrict address,
				    char *__restrict text, socklen_t size)
{
	return wasm_bpf_libc_inet_ntop(wasm_bpf_libc_family(family), address, text, size);
}

/* 1; 0 for what is no address of the family; -1 with EAFNOSUPPORT. */
WASM_BPF_WEAK int inet_pton(int family, const char *__restrict text, void *__restrict address)
{
	return wasm_bpf_libc_inet_pton(wasm_bpf_libc_family(family), text, address);
}

/* An IPv4 address in a buffer that the next call overwrites. */
WASM_BPF_WEAK char *inet_ntoa(struct in_addr address)
{
	static char text[16];
	const unsigned char *byte = (const unsigned char *)&address;

	snprintf(text, sizeof(text), "%d.%d.%d.%d", byte[0], byte[1], byte[2], byte[3]);
	return text;
}

#ifdef __cplusplus
}
#endif

#endif
