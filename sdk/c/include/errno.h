/*
 * <errno.h> with the error names of Linux that WASI's C library lacks and that
 * the kernel's BPF code or libbpf returns. Their numbers are 1000 + Linux's,
 * as wasm_bpf_errno() gives them.
 */
#ifndef WASM_BPF_WRAPPED_ERRNO_H
#define WASM_BPF_WRAPPED_ERRNO_H

#include_next <errno.h>

#ifndef ENOTBLK
#define ENOTBLK (1000 + 15)
#endif
#ifndef ENODATA
#define ENODATA (1000 + 61)
#endif
#ifndef ETIME
#define ETIME (1000 + 62)
#endif
#ifndef EREMOTE
#define EREMOTE (1000 + 66)
#endif
#ifndef EBADFD
#define EBADFD (1000 + 77)
#endif
#ifndef ERESTART
#define ERESTART (1000 + 85)
#endif
#ifndef EUSERS
#define EUSERS (1000 + 87)
#endif
#ifndef ESOCKTNOSUPPORT
#define ESOCKTNOSUPPORT (1000 + 94)
#endif
#ifndef EPFNOSUPPORT
#define EPFNOSUPPORT (1000 + 96)
#endif
#ifndef ESHUTDOWN
#define ESHUTDOWN (1000 + 108)
#endif
#ifndef ETOOMANYREFS
#define ETOOMANYREFS (1000 + 109)
#endif
#ifndef EHOSTDOWN
#define EHOSTDOWN (1000 + 112)
#endif
#ifndef EUCLEAN
#define EUCLEAN (1000 + 117)
#endif
#ifndef EREMOTEIO
#define EREMOTEIO (1000 + 121)
#endif
#ifndef ENOKEY
#define ENOKEY (1000 + 126)
#endif
#ifndef EKEYEXPIRED
#define EKEYEXPIRED (1000 + 127)
#endif
#ifndef EKEYREVOKED
#define EKEYREVOKED (1000 + 128)
#endif
#ifndef EKEYREJECTED
#define EKEYREJECTED (1000 + 129)
#endif

#if defined(_GNU_SOURCE) && !defined(program_invocation_short_name)
#include <wasm_bpf/invocation.h>
#endif

#endif
