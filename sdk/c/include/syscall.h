/* <syscall.h>: another name of <sys/syscall.h>. */
#ifndef WASM_BPF_WRAPPED_SYSCALL_H
#define WASM_BPF_WRAPPED_SYSCALL_H

#include <sys/syscall.h>

#endif
