/* Programs of a cgroup that see the addresses of sockets in the file system's family: each puts one of the test's there. */
#include "kinds.bpf.h"

extern int bpf_sock_addr_set_sun_path(struct bpf_sock_addr_kern *address, const __u8 *path, __u32 size) __ksym;
extern void *bpf_cast_to_kern_ctx(void *context) __ksym;

/* An abstract name: a zero, "wb", and the five digits that the test wants. */
static int rename(struct bpf_sock_addr *address)
{
	__u8 path[8] = {0, 'w', 'b'};
	__u32 rest = wanted.value, i;

	for (i = 0; i < 5; i++) {
		path[7 - i] = '0' + rest % 10;
		rest /= 10;
	}
	bpf_sock_addr_set_sun_path(bpf_cast_to_kern_ctx(address), path, sizeof(path));
	hit(address->family);
	return 1;
}

#define PATH(name)                                                                                 \
	SEC("cgroup/" #name)                                                                       \
	int name(struct bpf_sock_addr *address)                                                    \
	{                                                                                          \
		return rename(address);                                                            \
	}

PATH(connect_unix)
PATH(sendmsg_unix)
PATH(recvmsg_unix)
PATH(getsockname_unix)
PATH(getpeername_unix)
