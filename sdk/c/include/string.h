/*
 * <string.h> with glibc's texts of Linux's errors, and their names. The
 * version of glibc is told to programs that define themselves what it lacked.
 */
#ifndef WASM_BPF_WRAPPED_STRING_H
#define WASM_BPF_WRAPPED_STRING_H

/* The C library's functions, whose numbers are WASI's, under names of their own. */
#define strerror wasm_bpf_libc_strerror
#define strerror_r wasm_bpf_libc_strerror_r
#include_next <string.h>
#undef strerror
#undef strerror_r

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif
char *strerror(int number) __asm__("wasm_bpf_strerror");
int strerror_r(int number, char *buf, size_t size) __asm__("wasm_bpf_strerror_r");

/* The entry `index` of a list of texts that each end with a NUL; NULL for one that is empty or not there. */
__attribute__((weak)) const char *wasm_bpf_error_entry(const char *list, size_t size, int index)
{
	const char *at = list;

	if (index < 0)
		return NULL;
	while (index-- && at < list + size)
		at += strlen(at) + 1;
	return at < list + size && *at ? at : NULL;
}

__attribute__((weak)) const char *wasm_bpf_error_text(int number)
{
	static const char texts[] =
		"Success\0Operation not permitted\0No such file or directory\0No such process\0"
		"Interrupted system call\0Input/output error\0No such device or address\0"
		"Argument list too long\0Exec format error\0Bad file descriptor\0"
		"No child processes\0Resource temporarily unavailable\0Cannot allocate memory\0"
		"Permission denied\0Bad address\0Block device required\0"
		"Device or resource busy\0File exists\0Invalid cross-device link\0"
		"No such device\0Not a directory\0Is a directory\0Invalid argument\0"
		"Too many open files in system\0Too many open files\0"
		"Inappropriate ioctl for device\0Text file busy\0File too large\0"
		"No space left on device\0Illegal seek\0Read-only file system\0Too many links\0"
		"Broken pipe\0Numerical argument out of domain\0Numerical result out of range\0"
		"Resource deadlock avoided\0File name too long\0No locks available\0"
		"Function not implemented\0Directory not empty\0"
		"Too many levels of symbolic links\0\0No message of desired type\0"
		"Identifier removed\0Channel number out of range\0Level 2 not synchronized\0"
		"Level 3 halted\0Level 3 reset\0Link number out of range\0"
		"Protocol driver not attached\0No CSI structure available\0Level 2 halted\0"
		"Invalid exchange\0Invalid request descriptor\0Exchange full\0No anode\0"
		"Invalid request code\0Invalid slot\0\0Bad font file format\0"
		"Device not a stream\0No data available\0Timer expired\0"
		"Out of streams resources\0Machine is not on the network\0"
		"Package not installed\0Object is remote\0Link has been severed\0"
		"Advertise error\0Srmount error\0Communication error on send\0Protocol error\0"
		"Multihop attempted\0RFS specific error\0Bad message\0"
		"Value too large for defined data type\0Name not unique on network\0"
		"File descriptor in bad state\0Remote address changed\0"
		"Can not access a needed shared library\0Accessing a corrupted shared library\0"
		".lib section in a.out corrupted\0"
		"Attempting to link in too many shared libraries\0"
		"Cannot exec a shared library directly\0"
		"Invalid or incomplete multibyte or wide character\0"
		"Interrupted system call should be restarted\0Streams pipe error\0"
		"Too many users\0Socket operation on non-socket\0Destination address required\0"
		"Message too long\0Protocol wrong type for socket\0Protocol not available\0"
		"Protocol not supported\0Socket type not supported\0Operation not supported\0"
		"Protocol family not supported\0Address family not supported by protocol\0"
		"Address already in use\0Cannot assign requested address\0Network is down\0"
		"Network is unreachable\0Network dropped connection on reset\0"
		"Software caused connection abort\0Connection reset by peer\0"
		"No buffer space available\0Transport endpoint is already connected\0"
		"Transport endpoint is not connected\0"
		"Cannot send after transport endpoint shutdown\0"
		"Too many references: cannot splice\0Connection timed out\0Connection refused\0"
		"Host is down\0No route to host\0Operation already in progress\0"
		"Operation now in progress\0Stale file handle\0Structure needs cleaning\0"
		"Not a XENIX named type file\0No XENIX semaphores available\0"
		"Is a named type file\0Remote I/O error\0Disk quota exceeded\0No medium found\0"
		"Wrong medium type\0Operation canceled\0Required key not available\0"
		"Key has expired\0Key has been revoked\0Key was rejected by service\0"
		"Owner died\0State not recoverable\0Operation not possible due to RF-kill\0"
		"Memory page has hardware error\0";

	return wasm_bpf_error_entry(texts, sizeof(texts), number);
}

__attribute__((weak)) char *strerror(int number)
{
	static char unknown[32] = "Unknown error ";
	const char *text = number == 1076 ? "Capabilities insufficient" : wasm_bpf_error_text(number);
	unsigned int rest = number < 0 ? 0u - (unsigned int)number : (unsigned int)number;
	char digits[12], *at = digits + sizeof(digits) - 1;

	if (text)
		return (char *)text;
	*at = '\0';
	do
		*--at = (char)('0' + rest % 10);
	while (rest /= 10);
	if (number < 0)
		*--at = '-';
	strcpy(unknown + 14, at);
	return unknown;
}

/* POSIX's: 0, or ERANGE where the text was cut. */
__attribute__((weak)) int strerror_r(int number, char *buf, size_t size)
{
	const char *text = strerror(number);
	size_t length = strlen(text);

	if (size) {
		memcpy(buf, text, length < size ? length + 1 : size);
		buf[size - 1] = '\0';
	}
	return length < size ? 0 : 34;
}

#if defined(_GNU_SOURCE) && !defined(__cplusplus)
/* "ENOENT"; NULL for numbers without a name. */
__attribute__((weak)) const char *strerrorname_np(int number)
{
	static const char names[] =
		"0\0EPERM\0ENOENT\0ESRCH\0EINTR\0EIO\0ENXIO\0E2BIG\0ENOEXEC\0EBADF\0ECHILD\0"
		"EAGAIN\0ENOMEM\0EACCES\0EFAULT\0ENOTBLK\0EBUSY\0EEXIST\0EXDEV\0ENODEV\0"
		"ENOTDIR\0EISDIR\0EINVAL\0ENFILE\0EMFILE\0ENOTTY\0ETXTBSY\0EFBIG\0ENOSPC\0"
		"ESPIPE\0EROFS\0EMLINK\0EPIPE\0EDOM\0ERANGE\0EDEADLK\0ENAMETOOLONG\0ENOLCK\0"
		"ENOSYS\0ENOTEMPTY\0ELOOP\0\0ENOMSG\0EIDRM\0ECHRNG\0EL2NSYNC\0EL3HLT\0EL3RST\0"
		"ELNRNG\0EUNATCH\0ENOCSI\0EL2HLT\0EBADE\0EBADR\0EXFULL\0ENOANO\0EBADRQC\0"
		"EBADSLT\0\0EBFONT\0ENOSTR\0ENODATA\0ETIME\0ENOSR\0ENONET\0ENOPKG\0EREMOTE\0"
		"ENOLINK\0EADV\0ESRMNT\0ECOMM\0EPROTO\0EMULTIHOP\0EDOTDOT\0EBADMSG\0EOVERFLOW\0"
		"ENOTUNIQ\0EBADFD\0EREMCHG\0ELIBACC\0ELIBBAD\0ELIBSCN\0ELIBMAX\0ELIBEXEC\0"
		"EILSEQ\0ERESTART\0ESTRPIPE\0EUSERS\0ENOTSOCK\0EDESTADDRREQ\0EMSGSIZE\0"
		"EPROTOTYPE\0ENOPROTOOPT\0EPROTONOSUPPORT\0ESOCKTNOSUPPORT\0EOPNOTSUPP\0"
		"EPFNOSUPPORT\0EAFNOSUPPORT\0EADDRINUSE\0EADDRNOTAVAIL\0ENETDOWN\0ENETUNREACH\0"
		"ENETRESET\0ECONNABORTED\0ECONNRESET\0ENOBUFS\0EISCONN\0ENOTCONN\0ESHUTDOWN\0"
		"ETOOMANYREFS\0ETIMEDOUT\0ECONNREFUSED\0EHOSTDOWN\0EHOSTUNREACH\0EALREADY\0"
		"EINPROGRESS\0ESTALE\0EUCLEAN\0ENOTNAM\0ENAVAIL\0EISNAM\0EREMOTEIO\0EDQUOT\0"
		"ENOMEDIUM\0EMEDIUMTYPE\0ECANCELED\0ENOKEY\0EKEYEXPIRED\0EKEYREVOKED\0"
		"EKEYREJECTED\0EOWNERDEAD\0ENOTRECOVERABLE\0ERFKILL\0EHWPOISON\0";

	return wasm_bpf_error_entry(names, sizeof(names), number);
}

/* As strerror(), but NULL for numbers without a text. */
__attribute__((weak)) const char *strerrordesc_np(int number)
{
	return wasm_bpf_error_text(number);
}
#endif

#ifdef __cplusplus
}
#else
#ifndef __GLIBC__
#define __GLIBC__ 2
#define __GLIBC_MINOR__ 36
#endif
#endif

#endif
