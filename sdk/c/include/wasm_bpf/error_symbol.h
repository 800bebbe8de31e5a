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
	static const unsigned short numbers[] = {
		E2BIG, EACCES, EADDRINUSE, EADDRNOTAVAIL, EAGAIN, EALREADY, EBADF, EBUSY,
		ECANCELED, ECHILD, EEXIST, EFAULT, EINPROGRESS, EINTR, EINVAL, EIO, EISDIR, ELOOP,
		EMFILE, EMLINK, EMSGSIZE, ENAMETOOLONG, ENODATA, ENODEV, ENOENT, ENOEXEC, ENOLINK,
		ENOMEM, ENOSPC, ENOTDIR, ENOTTY, ENXIO, EOPNOTSUPP, EOVERFLOW, EPERM, EPIPE,
		EPROTO, EPROTONOSUPPORT, ERANGE, EROFS, ESPIPE, ESRCH, ETXTBSY, EXDEV,
	};
	/* In the same order, one after the other. */
	const char *symbol =
		"E2BIG\0EACCES\0EADDRINUSE\0EADDRNOTAVAIL\0EAGAIN\0EALREADY\0EBADF\0EBUSY\0"
		"ECANCELED\0ECHILD\0EEXIST\0EFAULT\0EINPROGRESS\0EINTR\0EINVAL\0EIO\0EISDIR\0ELOOP\0"
		"EMFILE\0EMLINK\0EMSGSIZE\0ENAMETOOLONG\0ENODATA\0ENODEV\0ENOENT\0ENOEXEC\0ENOLINK\0"
		"ENOMEM\0ENOSPC\0ENOTDIR\0ENOTTY\0ENXIO\0EOPNOTSUPP\0EOVERFLOW\0EPERM\0EPIPE\0"
		"EPROTO\0EPROTONOSUPPORT\0ERANGE\0EROFS\0ESPIPE\0ESRCH\0ETXTBSY\0EXDEV\0";
	struct wasm_bpf_error_symbol name = {""};
	int number = error < 0 ? -error : error;

	snprintf(name.text, sizeof(name.text), "%d", error);
	/* The kernel's own "not supported", which C libraries do not know. */
	if (number == 524)
		strcpy(name.text, "-ENOTSUPP");
	for (unsigned i = 0; i < sizeof(numbers) / sizeof(*numbers); i++, symbol += strlen(symbol) + 1) {
		if (number == numbers[i])
			snprintf(name.text, sizeof(name.text), "-%s", symbol);
	}
	return name;
}

#ifdef __cplusplus
}
#endif

#endif
