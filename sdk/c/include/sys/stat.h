/*
 * <sys/stat.h> with Linux's AT_FDCWD.
 */
#ifndef WASM_BPF_WRAPPED_SYS_STAT_H
#define WASM_BPF_WRAPPED_SYS_STAT_H

#include_next <sys/stat.h>
/* Declares fstatat(), too: later it would meet the macro. */
#include <__header_unistd.h>

#include <wasm_bpf/directory.h>

#define fstatat(directory, ...) fstatat(wasm_bpf_directory(directory), __VA_ARGS__)
#define mkdirat(directory, ...) mkdirat(wasm_bpf_directory(directory), __VA_ARGS__)
#define utimensat(directory, ...) utimensat(wasm_bpf_directory(directory), __VA_ARGS__)

#endif
