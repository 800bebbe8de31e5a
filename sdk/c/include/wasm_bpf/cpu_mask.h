/*
 * parse_cpu_mask_str() and parse_cpu_mask_file(): not in libbpf's headers, but
 * in its static library, where programs find them that declare them themselves.
 */
#ifndef WASM_BPF_CPU_MASK_H
#define WASM_BPF_CPU_MASK_H

#include <ctype.h>
#include <stdio.h>

#include <wasm_bpf/error.h>
#include <wasm_bpf/import.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The CPUs in a list like "0-3,8\n" as an array from malloc, which ends with the last of them. 0 or -errno. */
WASM_BPF_WEAK int parse_cpu_mask_str(const char *text, bool **mask, int *mask_sz)
{
	const char *at = text;

	*mask = NULL;
	*mask_sz = 0;
	while (*at && *at != '\n') {
		char *end;
		unsigned long first = strtoul(at, &end, 10), last = first;
		bool number = end != at && isdigit((unsigned char)*at), *larger;

		if (*at == ',') {
			at++;
			continue;
		}
		if (number && *end == '-') {
			at = end + 1;
			number = isdigit((unsigned char)*at);
			last = strtoul(at, &end, 10);
		}
		larger = number && first <= last && last < 1 << 20
				 ? (bool *)realloc(*mask, last + 1)
				 : NULL;
		if (!larger) {
			free(*mask);
			*mask = NULL;
			return wasm_bpf_fail(number && first <= last && last < 1 << 20 ? -ENOMEM
										       : -EINVAL);
		}
		*mask = larger;
		if (last + 1 > (unsigned long)*mask_sz) {
			memset(larger + *mask_sz, false, last + 1 - (unsigned long)*mask_sz);
			*mask_sz = (int)last + 1;
		}
		memset(larger + first, true, last + 1 - first);
		at = end;
	}
	return *mask ? 0 : wasm_bpf_fail(-EINVAL);
}

/* The same of a file; where /sys was not given with --dir, all possible CPUs. */
WASM_BPF_WEAK int parse_cpu_mask_file(const char *fcpu, bool **mask, int *mask_sz)
{
	FILE *file = wasm_bpf_libc_fopen(fcpu, "r");
	char text[256] = "";
	size_t length;

	if (!file && errno == ENOTCAPABLE && !strncmp(fcpu, "/sys/devices/system/cpu/", 24)) {
		int count = wasm_bpf_result(wasm_bpf_v1_cpu_count());

		if (count <= 0)
			return -errno;
		(snprintf)(text, sizeof(text), "0-%d", count - 1);
		return parse_cpu_mask_str(text, mask, mask_sz);
	}
	if (!file)
		return -errno;
	length = fread(text, 1, sizeof(text), file);
	fclose(file);
	if (length == sizeof(text))
		return wasm_bpf_fail(-E2BIG);
	return parse_cpu_mask_str(text, mask, mask_sz);
}

#ifdef __cplusplus
}
#endif

#endif
