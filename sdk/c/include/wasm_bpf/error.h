/*
 * Error numbers: the host speaks Linux's, the program its C library's (EINTR
 * is 4 there and 27 here). Every result of an import passes through here once.
 * libbpf's rule: a failing call returns -errno and sets errno; one that
 * returns a pointer returns NULL and sets errno.
 */
#ifndef WASM_BPF_ERROR_H
#define WASM_BPF_ERROR_H

#include <errno.h>
#include <wasm_bpf/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The C library's number for one of Linux's. Numbers that the C library lacks
 * become 1000 + Linux's (<errno.h> names them); 512 and above (the kernel's
 * ENOTSUPP, libbpf's own from 4000 on) stay what they are.
 */
WASM_BPF_WEAK int wasm_bpf_errno(int number)
{
	/* By Linux's number; 0 where the C library has none. */
	static const unsigned char known[] = {
		0, EPERM, ENOENT, ESRCH, EINTR, EIO, ENXIO, E2BIG, ENOEXEC, EBADF, ECHILD, EAGAIN,
		ENOMEM, EACCES, EFAULT, 0, EBUSY, EEXIST, EXDEV, ENODEV, ENOTDIR, EISDIR, EINVAL,
		ENFILE, EMFILE, ENOTTY, ETXTBSY, EFBIG, ENOSPC, ESPIPE, EROFS, EMLINK, EPIPE, EDOM,
		ERANGE, EDEADLK, ENAMETOOLONG, ENOLCK, ENOSYS, ENOTEMPTY, ELOOP, 0, ENOMSG, EIDRM, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ENOLINK, 0, 0, 0,
		EPROTO, EMULTIHOP, 0, EBADMSG, EOVERFLOW, 0, 0, 0, 0, 0, 0, 0, 0, EILSEQ, 0, 0, 0,
		ENOTSOCK, EDESTADDRREQ, EMSGSIZE, EPROTOTYPE, ENOPROTOOPT, EPROTONOSUPPORT, 0,
		EOPNOTSUPP, 0, EAFNOSUPPORT, EADDRINUSE, EADDRNOTAVAIL, ENETDOWN, ENETUNREACH,
		ENETRESET, ECONNABORTED, ECONNRESET, ENOBUFS, EISCONN, ENOTCONN, 0, 0, ETIMEDOUT,
		ECONNREFUSED, 0, EHOSTUNREACH, EALREADY, EINPROGRESS, ESTALE, 0, 0, 0, 0, 0, EDQUOT, 0,
		0, ECANCELED, 0, 0, 0, 0, EOWNERDEAD, ENOTRECOVERABLE,
	};

	if (number > 0 && number < (int)sizeof(known) && known[number])
		return known[number];
	return number < 512 ? 1000 + number : number;
}

/* Fails with the C library's -errno: sets errno, returns it. */
WASM_BPF_WEAK int wasm_bpf_fail(int error)
{
	errno = -error;
	return error;
}

/* Fails with the C library's -errno where a pointer is expected. */
WASM_BPF_WEAK void *wasm_bpf_fail_null(int error)
{
	errno = -error;
	return NULL;
}

/* Passes an import's result on: translated, and errno set, if it is an error. */
WASM_BPF_WEAK int wasm_bpf_result(int result)
{
	return result < 0 ? wasm_bpf_fail(-wasm_bpf_errno(-result)) : result;
}

#ifdef __cplusplus
}
#endif

#endif
