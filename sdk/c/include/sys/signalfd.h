/*
 * <sys/signalfd.h>: signals that are read, and waited for beside other things.
 * As elsewhere the program blocks them first, with sigprocmask().
 */
#ifndef WASM_BPF_SYS_SIGNALFD_H
#define WASM_BPF_SYS_SIGNALFD_H

#include <signal.h>
#include <sys/eventfd.h>

#define SFD_NONBLOCK 04000
#define SFD_CLOEXEC 02000000

#ifdef __cplusplus
extern "C" {
#endif

/* Linux's. A guest knows a signal's number, not who sent it. */
struct signalfd_siginfo {
	uint32_t ssi_signo;
	int32_t ssi_errno, ssi_code;
	uint32_t ssi_pid, ssi_uid;
	int32_t ssi_fd;
	uint32_t ssi_tid, ssi_band, ssi_overrun, ssi_trapno;
	int32_t ssi_status, ssi_int;
	uint64_t ssi_ptr, ssi_utime, ssi_stime, ssi_addr;
	uint16_t ssi_addr_lsb, pad;
	int32_t ssi_syscall;
	uint64_t ssi_call_addr;
	uint32_t ssi_arch;
	uint8_t unused[28];
};

/* One descriptor of signals: a counter of the host's that is not 0 while some are pending. */
struct wasm_bpf_signal_file {
	struct wasm_bpf_signal_file *next;
	uint64_t mask;
	int fd;
	bool nonblocking;
};

WASM_BPF_VARIABLE struct wasm_bpf_signal_file *wasm_bpf_signal_files = NULL;

WASM_BPF_WEAK struct wasm_bpf_signal_file *wasm_bpf_find_signal_file(int fd)
{
	struct wasm_bpf_signal_file *file = wasm_bpf_signal_files;

	while (file && file->fd != fd)
		file = file->next;
	return file;
}

/* Wakes who waits for the signals that are pending. */
WASM_BPF_WEAK void wasm_bpf_signals_tell(void)
{
	const struct wasm_bpf_signal_file *file;

	for (file = wasm_bpf_signal_files; file; file = file->next)
		if (file->mask & wasm_bpf_signals_pending)
			wasm_bpf_v1_eventfd_write(file->fd, 1);
}

/* read() of such a descriptor: as many signals as there is room for. -EBADF if it is none. */
WASM_BPF_WEAK int wasm_bpf_signals_read(int fd, void *buf, size_t len)
{
	struct wasm_bpf_signal_file *const file = wasm_bpf_find_signal_file(fd);
	struct signalfd_siginfo info;
	size_t got = 0;
	uint64_t ready, count;
	int number, result;

	if (!file)
		return -EBADF;
	if (len < sizeof(info))
		return -EINVAL;
	for (;;) {
		wasm_bpf_signals_run();
		wasm_bpf_v1_stream_read(fd, &count, sizeof(count));
		if (wasm_bpf_signals_pending & file->mask)
			break;
		if (file->nonblocking)
			return -EAGAIN;
		result = wasm_bpf_v1_wait(&fd, sizeof(fd), -1);
		if (result == -EINTR ? wasm_bpf_signals_run() : result < 0)
			return result;
	}
	while (len - got >= sizeof(info) && (ready = wasm_bpf_signals_pending & file->mask)) {
		number = __builtin_ctzll(ready) + 1;
		wasm_bpf_signals_pending &= ~(1ull << (number - 1));
		memset(&info, 0, sizeof(info));
		info.ssi_signo = (uint32_t)number;
		memcpy((char *)buf + got, &info, sizeof(info));
		got += sizeof(info);
	}
	wasm_bpf_signals_tell();
	return (int)got;
}

/* A descriptor of the signals in `mask`, to be closed with close(); or, for one that there is, its new mask. */
WASM_BPF_WEAK int signalfd(int fd, const sigset_t *mask, int flags)
{
	struct wasm_bpf_signal_file *file = wasm_bpf_find_signal_file(fd);

	if (flags & ~(SFD_NONBLOCK | SFD_CLOEXEC) || (fd != -1 && !file))
		return wasm_bpf_libc_result(-EINVAL);
	if (!file) {
		fd = eventfd(0, EFD_NONBLOCK);
		if (fd < 0)
			return -1;
		file = (struct wasm_bpf_signal_file *)calloc(1, sizeof(*file));
		if (!file) {
			close(fd);
			return wasm_bpf_libc_result(-ENOMEM);
		}
		file->fd = fd;
		file->nonblocking = flags & SFD_NONBLOCK;
		file->next = wasm_bpf_signal_files;
		wasm_bpf_signal_files = file;
		wasm_bpf_signals_hook_read = wasm_bpf_signals_read;
		wasm_bpf_signals_hook_come = wasm_bpf_signals_tell;
	}
	file->mask = *mask;
	wasm_bpf_signals_tell();
	return file->fd;
}

#ifdef __cplusplus
}
#endif

#endif
