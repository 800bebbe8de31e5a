/*
 * <sched.h> with the processor that the program runs on.
 */
#ifndef WASM_BPF_WRAPPED_SCHED_H
#define WASM_BPF_WRAPPED_SCHED_H

#include_next <sched.h>

#include <wasm_bpf/error.h>
#include <wasm_bpf/import.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A guest has one thread, which may be on another processor the next moment. -1 and errno. */
WASM_BPF_WEAK int sched_getcpu(void)
{
	int cpu = wasm_bpf_result(wasm_bpf_v1_process_id(7));

	return cpu < 0 ? -1 : cpu;
}

#ifdef __cplusplus
}
#endif

#endif
