/*
 * <sys/eventfd.h>: a guest has nobody to wake: -1 and ENOSYS.
 */
#ifndef WASM_BPF_WRAPPED_SYS_EVENTFD_H
#define WASM_BPF_WRAPPED_SYS_EVENTFD_H

#include_next <sys/eventfd.h>

#include <wasm_bpf/process.h>

#ifdef __cplusplus
extern "C" {
#endif

WASM_BPF_WEAK int eventfd(unsigned int initial, int flags)
{
	(void)initial;
	(void)flags;
	return wasm_bpf_no_processes();
}

WASM_BPF_WEAK int eventfd_read(int fd, eventfd_t *value)
{
	(void)fd;
	(void)value;
	return wasm_bpf_no_processes();
}

WASM_BPF_WEAK int eventfd_write(int fd, eventfd_t value)
{
	(void)fd;
	(void)value;
	return wasm_bpf_no_processes();
}

#ifdef __cplusplus
}
#endif

#endif
