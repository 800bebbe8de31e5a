/*
 * What libbpf and the kernel can do: version, error texts, processors, probes
 * for program types, map types and helpers.
 */
#ifndef WASM_BPF_FEATURE_H
#define WASM_BPF_FEATURE_H

#include <linux/bpf.h>

#include <bpf/libbpf_version.h>
#include <wasm_bpf/log.h>

#ifdef __cplusplus
extern "C" {
#endif

/* libbpf's own errors; smaller numbers are the C library's. */
enum libbpf_errno {
	__LIBBPF_ERRNO__START = 4000,
	LIBBPF_ERRNO__LIBELF = __LIBBPF_ERRNO__START,
	LIBBPF_ERRNO__FORMAT,
	LIBBPF_ERRNO__KVERSION,
	LIBBPF_ERRNO__ENDIAN,
	LIBBPF_ERRNO__INTERNAL,
	LIBBPF_ERRNO__RELOC,
	LIBBPF_ERRNO__LOAD,
	LIBBPF_ERRNO__VERIFY,
	LIBBPF_ERRNO__PROG2BIG,
	LIBBPF_ERRNO__KVER,
	LIBBPF_ERRNO__PROGTYPE,
	LIBBPF_ERRNO__WRNGPID,
	LIBBPF_ERRNO__INVSEQ,
	LIBBPF_ERRNO__NLPARSE,
	__LIBBPF_ERRNO__END,
};

WASM_BPF_WEAK __u32 libbpf_major_version(void)
{
	return LIBBPF_MAJOR_VERSION;
}

WASM_BPF_WEAK __u32 libbpf_minor_version(void)
{
	return LIBBPF_MINOR_VERSION;
}

WASM_BPF_WEAK const char *libbpf_version_string(void)
{
	return "v1.7";
}

/* The name of one of libbpf's own errors, or NULL. */
WASM_BPF_WEAK const char *wasm_bpf_error_name(int error)
{
	switch (error) {
	case LIBBPF_ERRNO__LIBELF:
		return "Something wrong in libelf";
	case LIBBPF_ERRNO__FORMAT:
		return "BPF object format invalid";
	case LIBBPF_ERRNO__KVERSION:
		return "'version' section incorrect or lost";
	case LIBBPF_ERRNO__ENDIAN:
		return "Endian mismatch";
	case LIBBPF_ERRNO__INTERNAL:
		return "Internal error in libbpf";
	case LIBBPF_ERRNO__RELOC:
		return "Relocation failed";
	case LIBBPF_ERRNO__LOAD:
		return "Failed to load program";
	case LIBBPF_ERRNO__VERIFY:
		return "Kernel verifier blocks program loading";
	case LIBBPF_ERRNO__PROG2BIG:
		return "Program too big";
	case LIBBPF_ERRNO__KVER:
		return "Incorrect kernel version";
	case LIBBPF_ERRNO__PROGTYPE:
		return "Kernel doesn't support this program type";
	case LIBBPF_ERRNO__WRNGPID:
		return "Wrong pid in netlink message";
	case LIBBPF_ERRNO__INVSEQ:
		return "Invalid netlink sequence";
	case LIBBPF_ERRNO__NLPARSE:
		return "Incorrect netlink message parsing";
	default:
		return NULL;
	}
}

/* The text of an error, of either sign. 0, -ERANGE if it does not fit, -ENOENT if there is no such error. */
WASM_BPF_WEAK int libbpf_strerror(int err, char *buf, size_t size)
{
	const char *text;
	int length;

	if (!buf || !size)
		return wasm_bpf_fail(-EINVAL);
	if (err < 0)
		err = -err;
	text = err < __LIBBPF_ERRNO__START ? strerror(err) : wasm_bpf_error_name(err);
	if (text)
		length = snprintf(buf, size, "%s", text);
	else
		length = snprintf(buf, size, "Unknown libbpf error %d", err);
	if ((size_t)length >= size)
		return wasm_bpf_fail(-ERANGE);
	return text ? 0 : wasm_bpf_fail(-ENOENT);
}

/* How many values a per-CPU map's element has. */
WASM_BPF_WEAK int libbpf_num_possible_cpus(void)
{
	return wasm_bpf_result_logged(wasm_bpf_v1_cpu_count());
}

/* 1: the kernel has the type, 0: it has not, -errno: it cannot be told. `opts` must be NULL. */
WASM_BPF_WEAK int libbpf_probe_bpf_prog_type(enum bpf_prog_type prog_type, const void *opts)
{
	if (opts)
		return wasm_bpf_fail(-EINVAL);
	return wasm_bpf_result_logged(wasm_bpf_v1_probe_program_type(prog_type));
}

WASM_BPF_WEAK int libbpf_probe_bpf_map_type(enum bpf_map_type map_type, const void *opts)
{
	if (opts)
		return wasm_bpf_fail(-EINVAL);
	return wasm_bpf_result_logged(wasm_bpf_v1_probe_map_type(map_type));
}

/* The same for a helper in programs of one type. */
WASM_BPF_WEAK int libbpf_probe_bpf_helper(enum bpf_prog_type prog_type, enum bpf_func_id helper_id,
					  const void *opts)
{
	if (opts)
		return wasm_bpf_fail(-EINVAL);
	return wasm_bpf_result_logged(wasm_bpf_v1_probe_helper(prog_type, helper_id));
}

/* libbpf raises the limit by itself where a kernel needs it. */
WASM_BPF_WEAK int libbpf_set_memlock_rlim(size_t memlock_bytes)
{
	(void)memlock_bytes;
	return 0;
}

#ifdef __cplusplus
}
#endif

#endif
