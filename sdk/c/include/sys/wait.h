/*
 * <sys/wait.h>: a guest has no children; waiting for one is -1 and ECHILD.
 */
#ifndef WASM_BPF_WRAPPED_SYS_WAIT_H
#define WASM_BPF_WRAPPED_SYS_WAIT_H

#include <sys/types.h>

#include <wasm_bpf/error.h>
#include <wasm_bpf/wait_status.h>

#define WNOHANG 1
#define WUNTRACED 2
#define WCONTINUED 8

#ifdef __cplusplus
extern "C" {
#endif

WASM_BPF_WEAK pid_t waitpid(pid_t pid, int *status, int options)
{
	(void)pid;
	(void)status;
	(void)options;
	errno = ECHILD;
	return -1;
}

WASM_BPF_WEAK pid_t wait(int *status)
{
	return waitpid(-1, status, 0);
}

#ifdef __cplusplus
}
#endif

#endif
