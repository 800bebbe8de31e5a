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
	switch (number) {
	case 1:
		return EPERM;
	case 2:
		return ENOENT;
	case 3:
		return ESRCH;
	case 4:
		return EINTR;
	case 5:
		return EIO;
	case 6:
		return ENXIO;
	case 7:
		return E2BIG;
	case 8:
		return ENOEXEC;
	case 9:
		return EBADF;
	case 10:
		return ECHILD;
	case 11:
		return EAGAIN;
	case 12:
		return ENOMEM;
	case 13:
		return EACCES;
	case 14:
		return EFAULT;
	case 16:
		return EBUSY;
	case 17:
		return EEXIST;
	case 18:
		return EXDEV;
	case 19:
		return ENODEV;
	case 20:
		return ENOTDIR;
	case 21:
		return EISDIR;
	case 22:
		return EINVAL;
	case 23:
		return ENFILE;
	case 24:
		return EMFILE;
	case 25:
		return ENOTTY;
	case 26:
		return ETXTBSY;
	case 27:
		return EFBIG;
	case 28:
		return ENOSPC;
	case 29:
		return ESPIPE;
	case 30:
		return EROFS;
	case 31:
		return EMLINK;
	case 32:
		return EPIPE;
	case 33:
		return EDOM;
	case 34:
		return ERANGE;
	case 35:
		return EDEADLK;
	case 36:
		return ENAMETOOLONG;
	case 37:
		return ENOLCK;
	case 38:
		return ENOSYS;
	case 39:
		return ENOTEMPTY;
	case 40:
		return ELOOP;
	case 42:
		return ENOMSG;
	case 43:
		return EIDRM;
	case 67:
		return ENOLINK;
	case 71:
		return EPROTO;
	case 72:
		return EMULTIHOP;
	case 74:
		return EBADMSG;
	case 75:
		return EOVERFLOW;
	case 84:
		return EILSEQ;
	case 88:
		return ENOTSOCK;
	case 89:
		return EDESTADDRREQ;
	case 90:
		return EMSGSIZE;
	case 91:
		return EPROTOTYPE;
	case 92:
		return ENOPROTOOPT;
	case 93:
		return EPROTONOSUPPORT;
	case 95:
		return EOPNOTSUPP;
	case 97:
		return EAFNOSUPPORT;
	case 98:
		return EADDRINUSE;
	case 99:
		return EADDRNOTAVAIL;
	case 100:
		return ENETDOWN;
	case 101:
		return ENETUNREACH;
	case 102:
		return ENETRESET;
	case 103:
		return ECONNABORTED;
	case 104:
		return ECONNRESET;
	case 105:
		return ENOBUFS;
	case 106:
		return EISCONN;
	case 107:
		return ENOTCONN;
	case 110:
		return ETIMEDOUT;
	case 111:
		return ECONNREFUSED;
	case 113:
		return EHOSTUNREACH;
	case 114:
		return EALREADY;
	case 115:
		return EINPROGRESS;
	case 116:
		return ESTALE;
	case 122:
		return EDQUOT;
	case 125:
		return ECANCELED;
	case 130:
		return EOWNERDEAD;
	case 131:
		return ENOTRECOVERABLE;
	default:
		return number < 512 ? 1000 + number : number;
	}
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
