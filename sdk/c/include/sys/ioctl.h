/*
 * <sys/ioctl.h>: ioctl() on perf events (PERF_EVENT_IOC_ENABLE and the like).
 * Nothing else: a file is no terminal here, -1 and ENOTTY.
 */
#ifndef WASM_BPF_WRAPPED_SYS_IOCTL_H
#define WASM_BPF_WRAPPED_SYS_IOCTL_H

#include <stdarg.h>

#include <wasm_bpf/error.h>
#include <wasm_bpf/import.h>

#define TIOCGWINSZ 0x5413

#ifdef __cplusplus
extern "C" {
#endif

struct winsize {
	unsigned short ws_row;
	unsigned short ws_col;
	unsigned short ws_xpixel;
	unsigned short ws_ypixel;
};

/*
 * The third argument is passed as it is, 32 bits wide. The requests that take
 * a pointer to something (PERF_EVENT_IOC_PERIOD, _ID, ...) are refused by the
 * host.
 */
WASM_BPF_WEAK int ioctl(int fd, int request, ...)
{
	unsigned long value;
	va_list args;

	if (fd < WASM_BPF_FIRST_HANDLE) {
		errno = ENOTTY;
		return -1;
	}
	va_start(args, request);
	value = va_arg(args, unsigned long);
	va_end(args);
	return wasm_bpf_result(wasm_bpf_v1_perf_event_ioctl(fd, (uint32_t)request, value)) < 0 ? -1
											     : 0;
}

#ifdef __cplusplus
}
#endif

#endif
