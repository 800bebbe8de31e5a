/* Programs that answer for the kernel: each forbids one process what it is attached to. */
#include "kinds.bpf.h"

#define EPERM 1

SEC("lsm/inode_rmdir")
int BPF_PROG(lsm, struct inode *parent, struct dentry *entry, int ret)
{
	if (ret || !is_wanted())
		return ret;
	hit(0);
	return -EPERM;
}

/* Sleepable: it reads the path's memory where that may fault. */
SEC("lsm.s/inode_rmdir")
int BPF_PROG(lsm_s, struct inode *parent, struct dentry *entry, int ret)
{
	char byte;

	if (ret || !is_wanted())
		return ret;
	/* No address of anybody's: an error, but allowed here only. */
	hit(bpf_copy_from_user(&byte, 1, NULL) != 0);
	return -EPERM;
}

SEC("fmod_ret/security_inode_rmdir")
int BPF_PROG(fmod_ret, struct inode *parent, struct dentry *entry, int ret)
{
	if (ret || !is_wanted())
		return ret;
	hit(0);
	return -EPERM;
}

/* For the sockets of one cgroup: nobody else has to be kept out. */
SEC("lsm_cgroup/socket_bind")
int BPF_PROG(lsm_cgroup, struct socket *sock, struct sockaddr *address, int length)
{
	hit(length);
	return 0;
}
