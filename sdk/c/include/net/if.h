/*
 * <net/if.h>: names and indices of the host's network devices.
 */
#ifndef WASM_BPF_WRAPPED_NET_IF_H
#define WASM_BPF_WRAPPED_NET_IF_H

#include <wasm_bpf/error.h>
#include <wasm_bpf/import.h>

#define IF_NAMESIZE 16
#ifndef IFNAMSIZ
#define IFNAMSIZ IF_NAMESIZE
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The index of a device; 0 and errno if there is none. */
WASM_BPF_WEAK unsigned if_nametoindex(const char *name)
{
	int index = wasm_bpf_result(wasm_bpf_v1_netdev_index(name, strlen(name)));

	return index < 0 ? 0 : (unsigned)index;
}

/* The name of a device, into `name` of IF_NAMESIZE bytes; NULL and errno if there is none. */
WASM_BPF_WEAK char *if_indextoname(unsigned index, char *name)
{
	int length =
		wasm_bpf_result(wasm_bpf_v1_netdev_name((int)index, name, IF_NAMESIZE - 1));

	if (length < 0)
		return NULL;
	name[length < IF_NAMESIZE ? length : IF_NAMESIZE - 1] = '\0';
	return name;
}

#ifdef __cplusplus
}
#endif

#endif
