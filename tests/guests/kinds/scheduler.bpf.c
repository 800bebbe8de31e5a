/* A scheduler that leaves every decision to the kernel, for the tasks that ask for it. */
#include "kinds.bpf.h"

/* Of the kernel's own, as far as it is used: members are found by their names. */
struct sched_ext_ops___wb {
	__s32 (*init)(void);
	__u64 flags;
	char name[128];
} __attribute__((preserve_access_index));

SEC("struct_ops.s")
__s32 BPF_PROG(init)
{
	hit(0);
	return 0;
}

SEC(".struct_ops.link")
struct sched_ext_ops___wb wb_scheduler = {
	.init = (void *)init,
	.flags = 8, /* only tasks of the policy SCHED_EXT */
	.name = "wb",
};
