/*
 * libbpf 1.7's interface for programs compiled to WebAssembly: objects,
 * programs, maps, links, rings and perf buffers, as natively. Header-only;
 * every function is a weak definition, so that any number of sources may
 * include this and one copy is linked. docs/sdk-c.md tells what differs.
 */
#ifndef __LIBBPF_LIBBPF_H
#define __LIBBPF_LIBBPF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include <linux/bpf.h>

#include <bpf/libbpf_common.h>
#include <bpf/libbpf_legacy.h>

#include <wasm_bpf/log.h>
#include <wasm_bpf/types.h>

#include <wasm_bpf/object.h>
#include <wasm_bpf/program.h>
#include <wasm_bpf/map.h>
#include <wasm_bpf/map_element.h>
#include <wasm_bpf/link.h>
#include <wasm_bpf/attach.h>
#include <wasm_bpf/attach_multi.h>
#include <wasm_bpf/attach_net.h>
#include <wasm_bpf/tc.h>
#include <wasm_bpf/ring.h>
#include <wasm_bpf/user_ring.h>
#include <wasm_bpf/perf.h>
#include <wasm_bpf/skeleton.h>
#include <wasm_bpf/pin.h>
#include <wasm_bpf/feature.h>
#include <wasm_bpf/names.h>
#include <wasm_bpf/cpu_mask.h>
#include <wasm_bpf/btf.h>
#include <wasm_bpf/unavailable.h>

#include <wasm_bpf/shared_types.h>

#endif
