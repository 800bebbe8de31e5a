/*
 * libbpf's calls by descriptor: elements of maps, batches, pins, test runs. A
 * "descriptor" is what bpf_map__fd(), bpf_program__fd() and bpf_link__fd()
 * give: a handle of the host, which close() closes.
 */
#ifndef __LIBBPF_BPF_H
#define __LIBBPF_BPF_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpf/libbpf_common.h>
#include <bpf/libbpf_legacy.h>

#include <wasm_bpf/map_fd.h>
#include <wasm_bpf/map_batch.h>
#include <wasm_bpf/descriptor_calls.h>
#include <wasm_bpf/feature.h>

#endif
