/*
 * <asm/unistd.h>: the numbers of the host's system calls (__NR_perf_event_open
 * and so on). Linux's own header would take wasm32 for the x32 ABI.
 */
#ifndef WASM_BPF_ASM_UNISTD_H
#define WASM_BPF_ASM_UNISTD_H

#if __has_include(<asm/unistd_64.h>)
#include <asm/unistd_64.h>
#else
#include <asm-generic/unistd.h>
#endif

#include <wasm_bpf/syscall.h>

#endif
