/*
 * <sys/sysinfo.h>: the number of processors, as the kernel's per-CPU maps
 * count them.
 */
#ifndef WASM_BPF_WRAPPED_SYS_SYSINFO_H
#define WASM_BPF_WRAPPED_SYS_SYSINFO_H

#include <wasm_bpf/error.h>
#include <wasm_bpf/import.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Possible processors. */
WASM_BPF_WEAK int get_nprocs_conf(void)
{
	return wasm_bpf_result(wasm_bpf_v1_cpu_count());
}

/* The same: the host does not say which are online. */
WASM_BPF_WEAK int get_nprocs(void)
{
	return get_nprocs_conf();
}

struct sysinfo;
int sysinfo(struct sysinfo *info)
	WASM_BPF_UNAVAILABLE("read /proc/uptime or /proc/meminfo, with --dir /proc");

#ifdef __cplusplus
}
#endif

#endif
