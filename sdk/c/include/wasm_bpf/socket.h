/*
 * Packet sockets, to which socket filter programs are attached, and the calls
 * on a socket that the guest was started with (standard input and output may
 * be one). <sys/socket.h> includes this.
 */
#ifndef WASM_BPF_SOCKET_H
#define WASM_BPF_SOCKET_H

#include <wasm_bpf/descriptor.h>
#include <wasm_bpf/log.h>

#include <sys/socket.h>

/* As in <sys/socket.h>, which includes this. */
#pragma push_macro("ssize_t")
#undef ssize_t

#ifdef __cplusplus
extern "C" {
#endif

/* The kernel's struct sockaddr_ll: <linux/if_packet.h> and <netpacket/packet.h> both define one. */
struct wasm_bpf_packet_address {
	uint16_t family;
	uint16_t protocol;
	int32_t index;
	uint16_t hardware;
	uint8_t kind;
	uint8_t length;
	uint8_t address[8];
};

/* A packet socket (AF_PACKET), which close() closes. -1 and EAFNOSUPPORT for every other kind. */
WASM_BPF_WEAK int socket(int domain, int type, int protocol)
{
	int handle = wasm_bpf_v1_socket_open(domain, type, protocol);

	if (handle == -1 || handle == -97) /* Linux's EPERM and EAFNOSUPPORT */
		wasm_bpf_log_refusal();
	return wasm_bpf_result(handle) < 0 ? -1 : handle;
}

/* Binds a packet socket to an interface and a protocol; `address` is a struct sockaddr_ll. */
WASM_BPF_WEAK int bind(int fd, const struct sockaddr *address, socklen_t length)
{
	struct wasm_bpf_packet_address to;

	if (fd < WASM_BPF_FIRST_HANDLE || length < sizeof(to)) {
		errno = fd < WASM_BPF_FIRST_HANDLE ? EOPNOTSUPP : EINVAL;
		return -1;
	}
	memcpy(&to, (const void *)address, sizeof(to));
	if (to.family != AF_PACKET) {
		errno = EINVAL;
		return -1;
	}
	return wasm_bpf_result(wasm_bpf_v1_socket_bind(fd, to.protocol, to.index)) < 0 ? -1 : 0;
}

/*
 * SO_ATTACH_BPF with a program's descriptor, and SO_DETACH_BPF; for sockets that
 * the guest was started with, their likes for groups (SO_REUSEPORT). -1 and
 * ENOPROTOOPT for the rest.
 */
WASM_BPF_WEAK int setsockopt(int fd, int level, int option, const void *value, socklen_t length)
{
	int program;

	if (level == SOL_SOCKET && (option == SO_ATTACH_BPF || option == SO_ATTACH_REUSEPORT_EBPF)) {
		if (length < sizeof(program)) {
			errno = EINVAL;
			return -1;
		}
		memcpy(&program, value, sizeof(program));
		program = option == SO_ATTACH_BPF ? wasm_bpf_v1_socket_attach(fd, program)
						  : wasm_bpf_v1_socket_group_attach(fd, program);
		return wasm_bpf_result(program) < 0 ? -1 : 0;
	}
	if (level == SOL_SOCKET && option == SO_DETACH_REUSEPORT_BPF)
		return wasm_bpf_result(wasm_bpf_v1_socket_group_detach(fd)) < 0 ? -1 : 0;
	if (level == SOL_SOCKET && option == SO_DETACH_BPF)
		return wasm_bpf_result(wasm_bpf_v1_socket_detach(fd)) < 0 ? -1 : 0;
	errno = ENOPROTOOPT;
	return -1;
}

/* The kind of a socket of WASI's, SOCK_STREAM or SOCK_DGRAM; -1 and errno. */
WASM_BPF_WEAK int wasm_bpf_socket_type(int fd)
{
	__wasi_fdstat_t status;
	__wasi_errno_t error = __wasi_fd_fdstat_get(fd, &status);

	if (error)
		return wasm_bpf_wasi_fail(error);
	if (status.fs_filetype == __WASI_FILETYPE_SOCKET_STREAM)
		return SOCK_STREAM;
	if (status.fs_filetype == __WASI_FILETYPE_SOCKET_DGRAM)
		return SOCK_DGRAM;
	errno = ENOTSOCK;
	return -1;
}

/*
 * PACKET_STATISTICS of a packet socket (struct tpacket_stats, counted from the
 * last call on), and SO_TYPE of the others; -1 and ENOPROTOOPT for the rest.
 */
WASM_BPF_WEAK int getsockopt(int fd, int level, int option, void *__restrict value,
			     socklen_t *__restrict length)
{
	uint32_t counted[2] = {0, 0};
	size_t size = sizeof(counted);
	int type;

	if (fd >= WASM_BPF_FIRST_HANDLE && level == SOL_PACKET && option == 6) {
		if (wasm_bpf_result(wasm_bpf_v1_socket_statistics(fd, counted, sizeof(counted))) < 0)
			return -1;
	} else if (fd < WASM_BPF_FIRST_HANDLE && level == SOL_SOCKET && option == SO_TYPE) {
		type = wasm_bpf_socket_type(fd);
		if (type < 0)
			return -1;
		counted[0] = (uint32_t)type;
		size = sizeof(type);
	} else {
		errno = ENOPROTOOPT;
		return -1;
	}
	if (*length > size)
		*length = (socklen_t)size;
	memcpy(value, counted, *length);
	return 0;
}

/*
 * Receives a packet, waiting for one unless the socket or MSG_DONTWAIT says
 * otherwise, and a struct sockaddr_ll that tells where it came from.
 */
WASM_BPF_WEAK ssize_t wasm_bpf_packet_receive(int fd, void *buf, size_t len, int flags,
					      struct sockaddr *from, socklen_t *from_len)
{
	struct wasm_bpf_packet_address address;
	size_t wanted = from ? sizeof(address) : 0;
	int result;

	do
		result = wasm_bpf_result(
			wasm_bpf_v1_socket_receive(fd, flags, buf, len, &address, wanted));
	while (result == -EINTR && !wasm_bpf_signals_run());
	if (result < 0)
		return -1;
	if (from) {
		memcpy((void *)from, &address, *from_len < wanted ? *from_len : wanted);
		*from_len = (socklen_t)wanted;
	}
	return result;
}

/* The same, or from a connected socket of WASI's. -1 and errno. */
WASM_BPF_WEAK ssize_t recvfrom(int fd, void *__restrict buf, size_t len, int flags,
			       struct sockaddr *__restrict from, socklen_t *__restrict from_len)
{
	__wasi_riflags_t wasi = 0;
	__wasi_roflags_t cut = 0;
	__wasi_size_t got = 0;
	__wasi_errno_t error;
	__wasi_iovec_t part;

	if (fd >= WASM_BPF_FIRST_HANDLE)
		return wasm_bpf_packet_receive(fd, buf, len, flags, from, from_len);
	if (flags & ~(MSG_PEEK | MSG_WAITALL)) {
		errno = EOPNOTSUPP;
		return -1;
	}
	if (flags & MSG_PEEK)
		wasi |= __WASI_RIFLAGS_RECV_PEEK;
	if (flags & MSG_WAITALL)
		wasi |= __WASI_RIFLAGS_RECV_WAITALL;
	part.buf = (uint8_t *)buf;
	part.buf_len = len;
	error = __wasi_sock_recv(fd, &part, 1, wasi, &got, &cut);
	if (error == __WASI_ERRNO_INTR)
		wasm_bpf_signals_run();
	if (error)
		return wasm_bpf_wasi_fail(error);
	if (from)
		*from_len = 0;
	return (ssize_t)got;
}

WASM_BPF_WEAK ssize_t recv(int fd, void *buf, size_t len, int flags)
{
	return recvfrom(fd, buf, len, flags, NULL, NULL);
}

/* As the C library's, with Linux's SOCK_NONBLOCK; the other side's address is not known. */
WASM_BPF_WEAK int accept4(int fd, struct sockaddr *__restrict address,
			  socklen_t *__restrict length, int flags)
{
	__wasi_errno_t error;
	__wasi_fd_t accepted = 0;

	if (flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) {
		errno = EINVAL;
		return -1;
	}
	error = __wasi_sock_accept(fd, flags & SOCK_NONBLOCK ? __WASI_FDFLAGS_NONBLOCK : 0,
				   &accepted);
	if (error)
		return wasm_bpf_wasi_fail(error);
	if (address)
		*length = 0;
	return (int)accepted;
}

#define WASM_BPF_NO_NETWORK                                                                        \
	WASM_BPF_UNAVAILABLE("a guest has no network: it can listen with a packet socket")
int connect(int fd, const struct sockaddr *address, socklen_t length) WASM_BPF_NO_NETWORK;
int listen(int fd, int backlog) WASM_BPF_NO_NETWORK;
int socketpair(int domain, int type, int protocol, int ends[2]) WASM_BPF_NO_NETWORK;
ssize_t sendto(int fd, const void *buf, size_t len, int flags, const struct sockaddr *to,
	       socklen_t to_len) WASM_BPF_NO_NETWORK;
ssize_t sendmsg(int fd, const struct msghdr *message, int flags) WASM_BPF_NO_NETWORK;
ssize_t recvmsg(int fd, struct msghdr *message, int flags)
	WASM_BPF_UNAVAILABLE("use recvfrom(), which tells the packet's address");

#ifdef __cplusplus
}
#endif

#pragma pop_macro("ssize_t")

#endif
