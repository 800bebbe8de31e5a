/*
 * <argp.h>: glibc's option parser, which WASI's C library lacks: short and
 * long options with abbreviations, arguments in any order, groups and child
 * parsers, and the --help, --usage and --version that come with it. Output and
 * exit status are glibc's. Left out: translation and ARGP_HELP_FMT.
 */
#ifndef WASM_BPF_ARGP_H
#define WASM_BPF_ARGP_H

#include <wasm_bpf/argp_types.h>

#include <wasm_bpf/argp_help.h>
#include <wasm_bpf/argp_parse.h>

#endif
