/*
 * What `wasm-bpf doctor` knows of the kernel and of this process, one question
 * at a time: not libbpf's, but this runtime's own.
 */
#ifndef WASM_BPF_DOCTOR_H
#define WASM_BPF_DOCTOR_H

#include <wasm_bpf/error.h>
#include <wasm_bpf/import.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * One check, by group and name as `wasm-bpf doctor --json` has them: "mount" and
 * "tracefs", "kernel" and "jit", "attach" and "fentry". 1: it is there; 0: it is
 * missing; -EOPNOTSUPP: it could not be tried, -ENOENT: there is no such check.
 * `text` (may be NULL) gets what there is, or why it is missing and what to do,
 * cut to `size` bytes, with a NUL.
 */
WASM_BPF_WEAK int wasm_bpf_doctor(const char *group, const char *name, char *text, size_t size)
{
	size_t room = text && size ? size - 1 : 0;
	uint32_t status = 0;
	int length = wasm_bpf_result(wasm_bpf_v1_doctor(group, strlen(group), name, strlen(name), &status,
							text, room));

	if (length < 0)
		return length;
	if (text && size)
		text[(size_t)length < room ? (size_t)length : room] = '\0';
	return status == 2 ? wasm_bpf_fail(-EOPNOTSUPP) : status == 0;
}

#ifdef __cplusplus
}
#endif

#endif
