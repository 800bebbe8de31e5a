// Decides at a security hook: nobody, not even root, removes a directory of the chosen name.
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "lsm.h"

#define EPERM 1

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} events SEC(".maps");

// Set by the guest before load.
const volatile char protected_name[NAME_LEN] = "";

// Records that found no room in the ring.
unsigned long long dropped = 0;

static bool is_protected(const char *name)
{
	for (int i = 0; i < NAME_LEN; i++) {
		if (name[i] != protected_name[i])
			return false;
		if (!name[i])
			return true;
	}
	return false;
}

SEC("lsm/inode_rmdir")
int BPF_PROG(on_rmdir, struct inode *parent, struct dentry *directory, int result)
{
	char name[NAME_LEN] = "";
	struct event *e;

	// Another security module has refused it already.
	if (result)
		return result;
	bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(directory, d_name.name));
	if (!is_protected(name))
		return 0;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (e) {
		e->pid = bpf_get_current_pid_tgid() >> 32;
		bpf_get_current_comm(e->comm, sizeof(e->comm));
		bpf_ringbuf_submit(e, 0);
	} else {
		__sync_fetch_and_add(&dropped, 1);
	}
	return -EPERM;
}
