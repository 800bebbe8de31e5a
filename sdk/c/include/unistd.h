/*
 * <unistd.h> as programs for Linux use it: sleeps that run signal handlers,
 * process ids (the runtime's), close() and read() that know the host's
 * handles, and clear failures for what a guest cannot do.
 */
#ifndef WASM_BPF_WRAPPED_UNISTD_H
#define WASM_BPF_WRAPPED_UNISTD_H

/* <wasm_bpf/shared_types.h> gives the name to another type. */
#pragma push_macro("ssize_t")
#undef ssize_t

/* The C library declares getpid() as deprecated: it would always be 42. Ours is real. */
#define getpid wasm_bpf_placeholder_getpid
/* The C library's function, under a name of its own. */
#define access wasm_bpf_libc_access
#include_next <unistd.h>
#undef access
#undef getpid

#ifdef __cplusplus
extern "C" {
#endif
int wasm_bpf_libc_access(const char *path, int mode) __asm__("access");
int access(const char *path, int mode) __asm__("wasm_bpf_access");
#ifdef __cplusplus
}
#endif

#include <limits.h>

#include <wasm_bpf/descriptor.h>
#include <wasm_bpf/getopt.h>
#include <wasm_bpf/grant.h>
#include <wasm_bpf/sleep.h>
#include <wasm_bpf/syscall.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 0 if the host can read the types of the kernel ("vmlinux") or a module of it, else -errno. */
WASM_BPF_WEAK int wasm_bpf_types_missing(const char *name)
{
	int types = wasm_bpf_result(strcmp(name, "vmlinux") ? wasm_bpf_v1_btf_module(name, strlen(name))
							    : wasm_bpf_v1_btf_vmlinux());

	if (types < 0)
		return types;
	wasm_bpf_v1_handle_close(types);
	return 0;
}

/*
 * Whether a file is there. The types of the kernel and its modules are, without
 * --dir, where the host can read them: tools ask before they load.
 */
WASM_BPF_WEAK int access(const char *path, int mode)
{
	static const char kernel[] = "/sys/kernel/btf/";
	int result;

	/* The C library takes it for the directory. */
	if (!*path) {
		errno = ENOENT;
		return -1;
	}
	result = wasm_bpf_libc_access(path, mode);
	if (result && errno == ENOTCAPABLE && !(mode & (W_OK | X_OK)) && !strncmp(path, kernel, sizeof(kernel) - 1))
		return wasm_bpf_types_missing(path + sizeof(kernel) - 1) ? -1 : 0;
	if (result) {
		char *followed = wasm_bpf_followed(path);

		if (followed)
			result = wasm_bpf_libc_access(followed, mode);
		free(followed);
	}
	if (result)
		wasm_bpf_grant_hint(path);
	return result;
}

/* Seconds that are left because a handler ran, else 0. */
WASM_BPF_WEAK unsigned sleep(unsigned seconds)
{
	return (unsigned)((wasm_bpf_sleep(seconds * 1000000000ull) + 500000000u) / 1000000000u);
}

/* 0, or -1 and EINTR after a handler ran. */
WASM_BPF_WEAK int usleep(unsigned microseconds)
{
	if (!wasm_bpf_sleep(microseconds * 1000ull))
		return 0;
	errno = EINTR;
	return -1;
}

/* Waits for a handler to run; always -1 and EINTR. */
WASM_BPF_WEAK int pause(void)
{
	while (!wasm_bpf_sleep(UINT64_MAX))
		;
	errno = EINTR;
	return -1;
}

/* The runtime's process: what the kernel and its BPF programs see. */
WASM_BPF_WEAK pid_t getpid(void)
{
	return wasm_bpf_v1_process_id(0);
}

WASM_BPF_WEAK pid_t gettid(void)
{
	return wasm_bpf_v1_process_id(1);
}

WASM_BPF_WEAK pid_t getppid(void)
{
	return wasm_bpf_v1_process_id(2);
}

WASM_BPF_WEAK uid_t getuid(void)
{
	return (uid_t)wasm_bpf_v1_process_id(3);
}

WASM_BPF_WEAK uid_t geteuid(void)
{
	return (uid_t)wasm_bpf_v1_process_id(4);
}

WASM_BPF_WEAK gid_t getgid(void)
{
	return (gid_t)wasm_bpf_v1_process_id(5);
}

WASM_BPF_WEAK gid_t getegid(void)
{
	return (gid_t)wasm_bpf_v1_process_id(6);
}

/* The kernel's page, as mapped memory and ring sizes count; not WebAssembly's 64 KiB. */
WASM_BPF_WEAK int getpagesize(void)
{
	return 4096;
}

/* The C library's, and the processors and the page size of the host. -1 and EINVAL for the rest. */
WASM_BPF_WEAK long sysconf(int name)
{
	switch (name) {
	case _SC_NPROCESSORS_CONF:
	case _SC_NPROCESSORS_ONLN:
		return wasm_bpf_result(wasm_bpf_v1_cpu_count());
	case _SC_PAGESIZE:
		return getpagesize();
	case _SC_CLK_TCK:
		return 100;
	case _SC_OPEN_MAX:
		return 1024;
	default:
		errno = EINVAL;
		return -1;
	}
}

unsigned alarm(unsigned seconds)
	WASM_BPF_UNAVAILABLE("a guest has no timers: measure the time between polls or sleeps");
int dup(int fd) WASM_BPF_UNAVAILABLE("WASI has no dup");
int dup2(int fd, int to) WASM_BPF_UNAVAILABLE("WASI has no dup2");
int pipe(int ends[2]) WASM_BPF_UNAVAILABLE("WASI has no pipes");

#ifdef __cplusplus
}
#endif

#include <wasm_bpf/directory.h>
#include <wasm_bpf/process.h>

/* With Linux's AT_FDCWD. */
#define faccessat(directory, ...) faccessat(wasm_bpf_directory(directory), __VA_ARGS__)
#define readlinkat(directory, ...) readlinkat(wasm_bpf_directory(directory), __VA_ARGS__)
#define unlinkat(directory, ...) unlinkat(wasm_bpf_directory(directory), __VA_ARGS__)

#pragma pop_macro("ssize_t")

#endif
