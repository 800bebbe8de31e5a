/*
 * <sys/eventfd.h>: a count that write() adds to, read() takes, and event loops
 * wait for.
 */
#ifndef WASM_BPF_WRAPPED_SYS_EVENTFD_H
#define WASM_BPF_WRAPPED_SYS_EVENTFD_H

#include_next <sys/eventfd.h>

#include <wasm_bpf/descriptor.h>

#undef EFD_CLOEXEC
#undef EFD_NONBLOCK
#define EFD_CLOEXEC 02000000
#define EFD_NONBLOCK 04000

#ifdef __cplusplus
extern "C" {
#endif

WASM_BPF_WEAK int wasm_bpf_eventfd_add(int fd, uint64_t value)
{
	return wasm_bpf_v1_eventfd_write(fd, value);
}

WASM_BPF_WEAK int eventfd(unsigned int initial, int flags)
{
	wasm_bpf_count = wasm_bpf_eventfd_add;
	return wasm_bpf_libc_result(wasm_bpf_v1_eventfd_create(initial, flags));
}

WASM_BPF_WEAK int eventfd_read(int fd, eventfd_t *value)
{
	return read(fd, value, sizeof(*value)) == sizeof(*value) ? 0 : -1;
}

WASM_BPF_WEAK int eventfd_write(int fd, eventfd_t value)
{
	return write(fd, &value, sizeof(value)) == sizeof(value) ? 0 : -1;
}

#ifdef __cplusplus
}
#endif

#endif
