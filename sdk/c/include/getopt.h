/*
 * <getopt.h> as glibc has it.
 */
#ifndef WASM_BPF_WRAPPED_GETOPT_H
#define WASM_BPF_WRAPPED_GETOPT_H

#include_next <getopt.h>

#include <wasm_bpf/getopt_long.h>

#endif
