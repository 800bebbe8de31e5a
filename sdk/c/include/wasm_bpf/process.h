/*
 * Processes: a guest cannot start any. The functions exist, so that programs
 * with an option that needs them compile and say so when it is used.
 */
#ifndef WASM_BPF_PROCESS_H
#define WASM_BPF_PROCESS_H

#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <wasm_bpf/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* -1 and ENOSYS. */
WASM_BPF_WEAK int wasm_bpf_no_processes(void)
{
	errno = ENOSYS;
	return -1;
}

/* 0 if there is a process of that id, else -1 and ESRCH, or ENOSYS where /proc was not given to the module. */
WASM_BPF_WEAK int wasm_bpf_find_process(pid_t pid)
{
	struct stat found;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d", pid);
	if (!wasm_bpf_libc_stat(path, &found))
		return 0;
	errno = errno == ENOENT ? ESRCH : ENOSYS;
	return -1;
}

WASM_BPF_WEAK pid_t fork(void)
{
	return wasm_bpf_no_processes();
}

WASM_BPF_WEAK pid_t vfork(void)
{
	return wasm_bpf_no_processes();
}

WASM_BPF_WEAK int execv(const char *path, char *const arguments[])
{
	(void)path;
	(void)arguments;
	return wasm_bpf_no_processes();
}

WASM_BPF_WEAK int execvp(const char *file, char *const arguments[])
{
	(void)file;
	(void)arguments;
	return wasm_bpf_no_processes();
}

WASM_BPF_WEAK int execve(const char *path, char *const arguments[], char *const environment[])
{
	(void)path;
	(void)arguments;
	(void)environment;
	return wasm_bpf_no_processes();
}

WASM_BPF_WEAK int execl(const char *path, const char *argument, ...)
{
	(void)path;
	(void)argument;
	return wasm_bpf_no_processes();
}

WASM_BPF_WEAK int execlp(const char *file, const char *argument, ...)
{
	(void)file;
	(void)argument;
	return wasm_bpf_no_processes();
}

WASM_BPF_WEAK int execle(const char *path, const char *argument, ...)
{
	(void)path;
	(void)argument;
	return wasm_bpf_no_processes();
}

WASM_BPF_WEAK int execvpe(const char *file, char *const arguments[], char *const environment[])
{
	(void)file;
	(void)arguments;
	(void)environment;
	return wasm_bpf_no_processes();
}

WASM_BPF_WEAK pid_t setsid(void)
{
	return wasm_bpf_no_processes();
}

#ifdef __cplusplus
}
#endif

#endif
