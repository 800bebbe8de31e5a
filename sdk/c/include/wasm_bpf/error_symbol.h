/*
 * How libbpf's messages name errors: "-ENOENT", the same on every system.
 */
#ifndef WASM_BPF_ERROR_SYMBOL_H
#define WASM_BPF_ERROR_SYMBOL_H

#include <stdio.h>

#include <wasm_bpf/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct wasm_bpf_error_symbol {
	char text[20];
};

/* The name of one of the C library's errors, positive or negative; the number for others. */
WASM_BPF_WEAK struct wasm_bpf_error_symbol wasm_bpf_error_symbol(int error)
{
	struct wasm_bpf_error_symbol name = {""};
	int number = error < 0 ? -error : error;

	snprintf(name.text, sizeof(name.text), "%d", error);
#define WASM_BPF_SYMBOL(symbol)                                                                      \
	if (number == symbol)                                                                      \
		strcpy(name.text, "-" #symbol);
	WASM_BPF_SYMBOL(E2BIG)
	WASM_BPF_SYMBOL(EACCES)
	WASM_BPF_SYMBOL(EADDRINUSE)
	WASM_BPF_SYMBOL(EADDRNOTAVAIL)
	WASM_BPF_SYMBOL(EAGAIN)
	WASM_BPF_SYMBOL(EALREADY)
	WASM_BPF_SYMBOL(EBADF)
	WASM_BPF_SYMBOL(EBUSY)
	WASM_BPF_SYMBOL(ECANCELED)
	WASM_BPF_SYMBOL(ECHILD)
	WASM_BPF_SYMBOL(EEXIST)
	WASM_BPF_SYMBOL(EFAULT)
	WASM_BPF_SYMBOL(EINPROGRESS)
	WASM_BPF_SYMBOL(EINTR)
	WASM_BPF_SYMBOL(EINVAL)
	WASM_BPF_SYMBOL(EIO)
	WASM_BPF_SYMBOL(EISDIR)
	WASM_BPF_SYMBOL(ELOOP)
	WASM_BPF_SYMBOL(EMFILE)
	WASM_BPF_SYMBOL(EMLINK)
	WASM_BPF_SYMBOL(EMSGSIZE)
	WASM_BPF_SYMBOL(ENAMETOOLONG)
	WASM_BPF_SYMBOL(ENODATA)
	WASM_BPF_SYMBOL(ENODEV)
	WASM_BPF_SYMBOL(ENOENT)
	WASM_BPF_SYMBOL(ENOEXEC)
	WASM_BPF_SYMBOL(ENOLINK)
	WASM_BPF_SYMBOL(ENOMEM)
	WASM_BPF_SYMBOL(ENOSPC)
	WASM_BPF_SYMBOL(ENOTDIR)
	WASM_BPF_SYMBOL(ENOTTY)
	WASM_BPF_SYMBOL(ENXIO)
	WASM_BPF_SYMBOL(EOPNOTSUPP)
	WASM_BPF_SYMBOL(EOVERFLOW)
	WASM_BPF_SYMBOL(EPERM)
	WASM_BPF_SYMBOL(EPIPE)
	WASM_BPF_SYMBOL(EPROTO)
	WASM_BPF_SYMBOL(EPROTONOSUPPORT)
	WASM_BPF_SYMBOL(ERANGE)
	WASM_BPF_SYMBOL(EROFS)
	WASM_BPF_SYMBOL(ESPIPE)
	WASM_BPF_SYMBOL(ESRCH)
	WASM_BPF_SYMBOL(ETXTBSY)
	WASM_BPF_SYMBOL(EXDEV)
#undef WASM_BPF_SYMBOL
	/* The kernel's own "not supported", which C libraries do not know. */
	if (number == 524)
		strcpy(name.text, "-ENOTSUPP");
	return name;
}

#ifdef __cplusplus
}
#endif

#endif
