/*
 * <sys/utsname.h> whose uname() tells of the host's kernel: tools look at its
 * release.
 */
#ifndef WASM_BPF_WRAPPED_SYS_UTSNAME_H
#define WASM_BPF_WRAPPED_SYS_UTSNAME_H

#include_next <sys/utsname.h>

#include <wasm_bpf/error.h>
#include <wasm_bpf/import.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 0, or -1 and errno. The domain name is empty. */
WASM_BPF_WEAK int uname(struct utsname *name)
{
	char *fields[] = {name->sysname, name->nodename, name->release, name->version,
			  name->machine};
	int which;

	memset(name, 0, sizeof(*name));
	for (which = 0; which < 5; which++)
		if (wasm_bpf_result(wasm_bpf_v1_system_name(which, fields[which],
							    sizeof(name->sysname) - 1)) < 0)
			return -1;
	return 0;
}

#ifdef __cplusplus
}
#endif

#endif
