/*
 * <sys/syscall.h>: SYS_* for the system calls that syscall() knows here, and
 * all of __NR_*.
 */
#ifndef WASM_BPF_WRAPPED_SYS_SYSCALL_H
#define WASM_BPF_WRAPPED_SYS_SYSCALL_H

#include <asm/unistd.h>

#define SYS_perf_event_open __NR_perf_event_open
#define SYS_getpid __NR_getpid
#define SYS_gettid __NR_gettid
#define SYS_bpf __NR_bpf

#endif
