/*
 * glibc's program_invocation_name and program_invocation_short_name: WASI's C
 * library declares but does not define them. The name is the guest's argv[0],
 * read from WASI when it is first asked for.
 */
#ifndef WASM_BPF_INVOCATION_H
#define WASM_BPF_INVOCATION_H

#include <string.h>

#include <wasi/api.h>

#include <wasm_bpf/base.h>

#ifdef __cplusplus
extern "C" {
#endif

WASM_BPF_VARIABLE char *wasm_bpf_invocation = NULL;

/* Where argv[0] is kept; a program may assign to it, as it may natively. */
WASM_BPF_WEAK char **wasm_bpf_invocation_name(void)
{
	static char unknown[] = "wasm";
	__wasi_size_t count = 0, size = 0;
	uint8_t **arguments;
	uint8_t *text;

	if (wasm_bpf_invocation)
		return &wasm_bpf_invocation;
	wasm_bpf_invocation = unknown;
	if (__wasi_args_sizes_get(&count, &size) || !count)
		return &wasm_bpf_invocation;
	arguments = (uint8_t **)malloc((count + 1) * sizeof(*arguments));
	text = (uint8_t *)malloc(size);
	if (arguments && text && !__wasi_args_get(arguments, text)) {
		wasm_bpf_invocation = (char *)arguments[0];
		text = NULL; /* kept: the name lies in it */
	}
	free(text);
	free(arguments);
	return &wasm_bpf_invocation;
}

/* The part after the last slash. */
WASM_BPF_WEAK char **wasm_bpf_invocation_short_name(void)
{
	static char *name;
	char *whole = *wasm_bpf_invocation_name();
	char *slash = strrchr(whole, '/');

	name = slash ? slash + 1 : whole;
	return &name;
}

#ifdef __cplusplus
}
#endif

#define program_invocation_name (*wasm_bpf_invocation_name())
#define program_invocation_short_name (*wasm_bpf_invocation_short_name())

#endif
