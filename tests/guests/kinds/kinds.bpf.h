/* What all objects of this guest have: their result, and whom they look at. */
#ifndef KINDS_BPF_H
#define KINDS_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "kinds.h"

char LICENSE[] SEC("license") = "GPL";

struct result result;
const volatile struct wanted wanted = {0};

/* Whether the current thread is the one that the test is about. */
static inline bool is_wanted(void)
{
	return (__u32)bpf_get_current_pid_tgid() == wanted.thread;
}

static inline int hit(__u64 seen)
{
	result.seen = seen;
	__sync_fetch_and_add(&result.hits, 1);
	return 0;
}

#endif
