// Sees what TCP sockets of a cgroup do.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "hits.h"

char LICENSE[] SEC("license") = "GPL";

SEC("sockops")
int see_socket(struct bpf_sock_ops *ctx)
{
	hit();
	return 1;
}
