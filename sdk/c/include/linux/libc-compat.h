/*
 * <linux/libc-compat.h>: the C library's addresses and protocols win over the
 * kernel's, so that <linux/in.h> and <netinet/in.h> go together in any order.
 */
#ifndef WASM_BPF_WRAPPED_LINUX_LIBC_COMPAT_H
#define WASM_BPF_WRAPPED_LINUX_LIBC_COMPAT_H

#include <netinet/in.h>

#define __UAPI_DEF_IN_ADDR 0
#define __UAPI_DEF_IN_IPPROTO 0
#define __UAPI_DEF_IN_PKTINFO 0
#define __UAPI_DEF_IP_MREQ 0
#define __UAPI_DEF_SOCKADDR_IN 0
#define __UAPI_DEF_IN_CLASS 0
#define __UAPI_DEF_IN6_ADDR 0
#define __UAPI_DEF_IN6_ADDR_ALT 0
#define __UAPI_DEF_SOCKADDR_IN6 0
#define __UAPI_DEF_IPV6_MREQ 0
#define __UAPI_DEF_IPPROTO_V6 0
#define __UAPI_DEF_IPV6_OPTIONS 0
#define __UAPI_DEF_IN6_PKTINFO 0
#define __UAPI_DEF_IP6_MTUINFO 0

#include_next <linux/libc-compat.h>

#endif
