/*
 * <sys/socket.h> with Linux's numbers: programs compare address families with
 * what BPF programs saw in the kernel, and the C library's differ (its AF_INET6
 * is Linux's AF_INET). socket() opens packet sockets, which only listen: a guest
 * has no other network.
 */
#ifndef WASM_BPF_WRAPPED_SYS_SOCKET_H
#define WASM_BPF_WRAPPED_SYS_SOCKET_H

/* <wasm_bpf/shared_types.h> gives the name to another type. */
#pragma push_macro("ssize_t")
#undef ssize_t

#include_next <sys/socket.h>

#undef AF_UNSPEC
#undef AF_UNIX
#undef AF_INET
#undef AF_INET6
#undef SOCK_STREAM
#undef SOCK_DGRAM
#undef SOCK_NONBLOCK
#undef SOCK_CLOEXEC
#undef SOL_SOCKET
#undef SO_TYPE
#undef MSG_PEEK
#undef MSG_WAITALL
#undef MSG_TRUNC

#define PF_UNSPEC 0
#define PF_LOCAL 1
#define PF_UNIX PF_LOCAL
#define PF_FILE PF_LOCAL
#define PF_INET 2
#define PF_BRIDGE 7
#define PF_INET6 10
#define PF_KEY 15
#define PF_NETLINK 16
#define PF_PACKET 17
#define PF_ALG 38
#define PF_VSOCK 40
#define PF_XDP 44

#define AF_UNSPEC PF_UNSPEC
#define AF_LOCAL PF_LOCAL
#define AF_UNIX PF_UNIX
#define AF_FILE PF_FILE
#define AF_INET PF_INET
#define AF_BRIDGE PF_BRIDGE
#define AF_INET6 PF_INET6
#define AF_KEY PF_KEY
#define AF_NETLINK PF_NETLINK
#define AF_PACKET PF_PACKET
#define AF_ALG PF_ALG
#define AF_VSOCK PF_VSOCK
#define AF_XDP PF_XDP

#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3
#define SOCK_SEQPACKET 5
#define SOCK_PACKET 10
#define SOCK_NONBLOCK 04000
#define SOCK_CLOEXEC 02000000

#define SOL_SOCKET 1
#define SOL_PACKET 263

#define SO_TYPE 3
#define SO_ERROR 4
#define SO_RCVBUF 8
#define SO_RCVTIMEO 20
#define SO_BINDTODEVICE 25
#define SO_ATTACH_FILTER 26
#define SO_DETACH_FILTER 27
#define SO_ATTACH_BPF 50
#define SO_ATTACH_REUSEPORT_EBPF 52
#define SO_DETACH_REUSEPORT_BPF 68
#define SO_DETACH_BPF SO_DETACH_FILTER

#define MSG_PEEK 2
#define MSG_TRUNC 32
#define MSG_DONTWAIT 64
#define MSG_WAITALL 256

#include <wasm_bpf/socket.h>

#pragma pop_macro("ssize_t")

#endif
