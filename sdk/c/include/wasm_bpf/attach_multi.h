/*
 * bpf_program__attach_kprobe_multi_opts() and its uprobe twin: one program at
 * many functions, by a pattern or by lists.
 */
#ifndef WASM_BPF_ATTACH_MULTI_H
#define WASM_BPF_ATTACH_MULTI_H

#include <wasm_bpf/attach.h>

#ifdef __cplusplus
extern "C" {
#endif

/* `unsigned long`, as wide as the program has it. */
#ifdef WASM_BPF_LONG_64
#define WASM_BPF_ULONG unsigned long long
#else
#define WASM_BPF_ULONG unsigned long
#endif

struct bpf_kprobe_multi_opts {
	size_t sz;
	const char **syms;
	const WASM_BPF_ULONG *addrs;
	const __u64 *cookies;
	size_t cnt; /* of the three lists */
	bool retprobe;
	bool session;
	bool unique_match; /* a pattern must match one function */
	size_t : 0;
};
#define bpf_kprobe_multi_opts__last_field unique_match

struct bpf_uprobe_multi_opts {
	size_t sz;
	const char **syms;
	const WASM_BPF_ULONG *offsets;
	const WASM_BPF_ULONG *ref_ctr_offsets;
	const __u64 *cookies;
	size_t cnt; /* of the four lists */
	bool retprobe;
	bool session;
	size_t : 0;
};
#define bpf_uprobe_multi_opts__last_field session

/* Names, each followed by a NUL, in one piece of memory; *size is its length. NULL if there are none. */
WASM_BPF_WEAK char *wasm_bpf_join_names(const char **names, size_t count, size_t *size)
{
	char *joined, *at;
	size_t i;

	*size = 0;
	for (i = 0; names && i < count; i++)
		*size += strlen(names[i]) + 1;
	if (!*size)
		return NULL;
	joined = at = (char *)malloc(*size);
	for (i = 0; joined && i < count; i++) {
		memcpy(at, names[i], strlen(names[i]) + 1);
		at += strlen(names[i]) + 1;
	}
	return joined;
}

/* A list of the program's `long` as the host's u64. NULL if there is none. */
WASM_BPF_WEAK uint64_t *wasm_bpf_widen(const WASM_BPF_ULONG *list, size_t count)
{
	uint64_t *wide = list && count ? (uint64_t *)malloc(count * sizeof(*wide)) : NULL;
	size_t i;

	for (i = 0; wide && i < count; i++)
		wide[i] = list[i];
	return wide;
}

/*
 * At many kernel functions; minimum kernel 5.18 (sessions 6.10). The `addrs` of
 * guests whose `long` has 4 bytes hold 32 bits only: name the functions.
 */
WASM_BPF_WEAK struct bpf_link *
bpf_program__attach_kprobe_multi_opts(const struct bpf_program *prog, const char *pattern,
				      const struct bpf_kprobe_multi_opts *opts)
{
	const __u64 *cookies;
	struct bpf_link *link;
	size_t count, length;
	uint64_t *addresses;
	uint32_t flags;
	char *names;

	if (!wasm_bpf_attach_ready(opts, sizeof(*opts)))
		return NULL;
	if (WASM_BPF_OPT(opts, unique_match, false))
		return (struct bpf_link *)wasm_bpf_fail_null(-EOPNOTSUPP);
	count = WASM_BPF_OPT(opts, cnt, 0);
	cookies = WASM_BPF_OPT(opts, cookies, NULL);
	flags = (WASM_BPF_OPT(opts, retprobe, false) ? 1u : 0u) |
		(WASM_BPF_OPT(opts, session, false) ? 2u : 0u);
	names = wasm_bpf_join_names(WASM_BPF_OPT(opts, syms, NULL), count, &length);
	addresses = wasm_bpf_widen(WASM_BPF_OPT(opts, addrs, NULL), count);
	link = wasm_bpf_link(wasm_bpf_v1_program_attach_kprobe_multi(
		prog->handle, flags, pattern, wasm_bpf_length(pattern), names, names ? length : 0,
		addresses, addresses ? count * 8 : 0, cookies, cookies ? count * 8 : 0));
	free(addresses);
	free(names);
	return link;
}

/* At many functions of a program or library; minimum kernel 6.6. */
WASM_BPF_WEAK struct bpf_link *
bpf_program__attach_uprobe_multi(const struct bpf_program *prog, pid_t pid, const char *binary_path,
				 const char *func_pattern, const struct bpf_uprobe_multi_opts *opts)
{
	uint64_t *offsets, *counters;
	const __u64 *cookies;
	struct bpf_link *link;
	size_t count, length;
	uint32_t flags;
	char *names;

	if (!wasm_bpf_attach_ready(opts, sizeof(*opts)))
		return NULL;
	count = WASM_BPF_OPT(opts, cnt, 0);
	cookies = WASM_BPF_OPT(opts, cookies, NULL);
	flags = (WASM_BPF_OPT(opts, retprobe, false) ? 1u : 0u) |
		(WASM_BPF_OPT(opts, session, false) ? 2u : 0u);
	names = wasm_bpf_join_names(WASM_BPF_OPT(opts, syms, NULL), count, &length);
	offsets = wasm_bpf_widen(WASM_BPF_OPT(opts, offsets, NULL), count);
	counters = wasm_bpf_widen(WASM_BPF_OPT(opts, ref_ctr_offsets, NULL), count);
	link = wasm_bpf_link(wasm_bpf_v1_program_attach_uprobe_multi(
		prog->handle, flags, pid, binary_path, wasm_bpf_length(binary_path), func_pattern,
		wasm_bpf_length(func_pattern), names, names ? length : 0, offsets,
		offsets ? count * 8 : 0, counters, counters ? count * 8 : 0, cookies,
		cookies ? count * 8 : 0));
	free(counters);
	free(offsets);
	free(names);
	return link;
}

#ifdef __cplusplus
}
#endif

#endif
