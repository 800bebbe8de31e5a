/*
 * syscall(): perf_event_open, which has no function of its own, and the ids of
 * process and thread. Everything else is -1 and ENOSYS.
 */
#ifndef WASM_BPF_SYSCALL_H
#define WASM_BPF_SYSCALL_H

#include <stdarg.h>

#include <wasm_bpf/error.h>
#include <wasm_bpf/import.h>

#include <asm/unistd.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Opens a perf event; its handle, or -1 and errno. The kernel's struct says its own size. */
WASM_BPF_WEAK int wasm_bpf_perf_event_open(const void *attr, int pid, int cpu, int group,
					   unsigned long flags)
{
	uint32_t size;
	int event;

	memcpy(&size, (const char *)attr + 4, sizeof(size));
	event = wasm_bpf_result(wasm_bpf_v1_perf_event_open(
		attr, size ? size : 64 /* PERF_ATTR_SIZE_VER0 */, pid, cpu, group, (uint32_t)flags));
	return event < 0 ? -1 : event;
}

WASM_BPF_WEAK long syscall(long number, ...)
{
	const void *attr;
	int pid, cpu, group;
	unsigned long flags;
	va_list args;

	switch (number) {
	case __NR_perf_event_open:
		va_start(args, number);
		attr = va_arg(args, const void *);
		pid = va_arg(args, int);
		cpu = va_arg(args, int);
		group = va_arg(args, int);
		flags = va_arg(args, unsigned long);
		va_end(args);
		return wasm_bpf_perf_event_open(attr, pid, cpu, group, flags);
	case __NR_getpid:
		return wasm_bpf_v1_process_id(0);
	case __NR_gettid:
		return wasm_bpf_v1_process_id(1);
	default:
		errno = ENOSYS;
		return -1;
	}
}

#ifdef __cplusplus
}
#endif

#endif
