/*
 * bpf_program__*: what a program is called and of which kind, and what may be
 * changed about it before load. Attaching is in wasm_bpf/attach.h.
 */
#ifndef WASM_BPF_PROGRAM_H
#define WASM_BPF_PROGRAM_H

#include <bpf/libbpf_legacy.h>
#include <wasm_bpf/log.h>
#include <wasm_bpf/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* program_set's fields. */
enum wasm_bpf_program_field {
	WASM_BPF_PROGRAM_AUTOLOAD,
	WASM_BPF_PROGRAM_AUTOATTACH,
	WASM_BPF_PROGRAM_TYPE,
	WASM_BPF_PROGRAM_EXPECTED_ATTACH_TYPE,
	WASM_BPF_PROGRAM_FLAGS,
	WASM_BPF_PROGRAM_LOG_LEVEL,
	WASM_BPF_PROGRAM_IFINDEX,
};

/* What the host knows of the program; all zero if it fails. */
WASM_BPF_WEAK struct wasm_bpf_program_info wasm_bpf_program_info(const struct bpf_program *prog)
{
	struct wasm_bpf_program_info info;

	memset(&info, 0, sizeof(info));
	wasm_bpf_v1_program_info(prog->handle, &info, sizeof(info));
	return info;
}

/* Sets one field; 0 or -errno. */
WASM_BPF_WEAK int wasm_bpf_program_set(struct bpf_program *prog, enum wasm_bpf_program_field field,
				       uint32_t value)
{
	return wasm_bpf_result_logged(wasm_bpf_v1_program_set(prog->handle, field, value));
}

/* As above where libbpf refuses once the object is loaded. */
WASM_BPF_WEAK int wasm_bpf_program_set_early(struct bpf_program *prog,
					     enum wasm_bpf_program_field field, uint32_t value)
{
	if (prog->object->state == WASM_BPF_LOADED)
		return wasm_bpf_fail(-EBUSY);
	return wasm_bpf_program_set(prog, field, value);
}

/* The C function's name. */
WASM_BPF_WEAK const char *bpf_program__name(const struct bpf_program *prog)
{
	return prog->name;
}

/* The SEC() it was put in. */
WASM_BPF_WEAK const char *bpf_program__section_name(const struct bpf_program *prog)
{
	return prog->section;
}

/* Whether load loads it. */
WASM_BPF_WEAK bool bpf_program__autoload(const struct bpf_program *prog)
{
	return wasm_bpf_program_info(prog).autoload;
}

/* Before load only (-EINVAL after). */
WASM_BPF_WEAK int bpf_program__set_autoload(struct bpf_program *prog, bool autoload)
{
	if (prog->object->state == WASM_BPF_LOADED)
		return wasm_bpf_fail(-EINVAL);
	return wasm_bpf_program_set(prog, WASM_BPF_PROGRAM_AUTOLOAD, autoload);
}

/* Whether the skeleton's attach attaches it. */
WASM_BPF_WEAK bool bpf_program__autoattach(const struct bpf_program *prog)
{
	return wasm_bpf_program_info(prog).autoattach;
}

WASM_BPF_WEAK void bpf_program__set_autoattach(struct bpf_program *prog, bool autoattach)
{
	wasm_bpf_program_set(prog, WASM_BPF_PROGRAM_AUTOATTACH, autoattach);
}

/* The network device that the program is loaded for (offload); before load. */
WASM_BPF_WEAK void bpf_program__set_ifindex(struct bpf_program *prog, __u32 ifindex)
{
	wasm_bpf_program_set(prog, WASM_BPF_PROGRAM_IFINDEX, ifindex);
}

/* Instructions of the program, without its subprograms before load. */
WASM_BPF_WEAK size_t bpf_program__insn_cnt(const struct bpf_program *prog)
{
	return wasm_bpf_program_info(prog).insn_count;
}

/* The descriptor of the loaded program: its handle, good as a value of a program array; -ENOENT before load. */
WASM_BPF_WEAK int bpf_program__fd(const struct bpf_program *prog)
{
	if (!prog)
		return wasm_bpf_fail(-EINVAL);
	if (prog->object->state != WASM_BPF_LOADED || !wasm_bpf_program_info(prog).id)
		return wasm_bpf_fail(-ENOENT);
	return prog->handle;
}

WASM_BPF_WEAK enum bpf_prog_type bpf_program__type(const struct bpf_program *prog)
{
	return (enum bpf_prog_type)wasm_bpf_program_info(prog).type;
}

/* Before load only (-EBUSY after), as are the setters below. */
WASM_BPF_WEAK int bpf_program__set_type(struct bpf_program *prog, enum bpf_prog_type type)
{
	return wasm_bpf_program_set_early(prog, WASM_BPF_PROGRAM_TYPE, type);
}

WASM_BPF_WEAK enum bpf_attach_type bpf_program__expected_attach_type(const struct bpf_program *prog)
{
	return (enum bpf_attach_type)wasm_bpf_program_info(prog).expected_attach_type;
}

WASM_BPF_WEAK int bpf_program__set_expected_attach_type(struct bpf_program *prog,
							enum bpf_attach_type type)
{
	return wasm_bpf_program_set_early(prog, WASM_BPF_PROGRAM_EXPECTED_ATTACH_TYPE, type);
}

WASM_BPF_WEAK __u32 bpf_program__flags(const struct bpf_program *prog)
{
	return wasm_bpf_program_info(prog).flags;
}

WASM_BPF_WEAK int bpf_program__set_flags(struct bpf_program *prog, __u32 flags)
{
	return wasm_bpf_program_set_early(prog, WASM_BPF_PROGRAM_FLAGS, flags);
}

/* How much the verifier tells: 0 only on failure, 1, 2, 4 (statistics). */
WASM_BPF_WEAK __u32 bpf_program__log_level(const struct bpf_program *prog)
{
	return wasm_bpf_program_info(prog).log_level;
}

WASM_BPF_WEAK int bpf_program__set_log_level(struct bpf_program *prog, __u32 log_level)
{
	return wasm_bpf_program_set_early(prog, WASM_BPF_PROGRAM_LOG_LEVEL, log_level);
}

/*
 * Where the verifier's log of this program goes, which must stay until load;
 * libbpf_set_print() does not get it then. Before load only: -EBUSY. `log_size`
 * 0: not kept.
 */
WASM_BPF_WEAK int bpf_program__set_log_buf(struct bpf_program *prog, char *log_buf, size_t log_size)
{
	int error;

	if (log_size && !log_buf)
		return wasm_bpf_fail(-EINVAL);
	error = wasm_bpf_result(wasm_bpf_v1_program_set_log(prog->handle, log_size));
	if (!error) {
		prog->log = log_buf;
		prog->log_size = log_size;
	}
	return error;
}

WASM_BPF_WEAK const char *bpf_program__log_buf(const struct bpf_program *prog, size_t *log_size)
{
	*log_size = prog->log_size;
	return prog->log;
}

/*
 * What a tracing, LSM or extension program is loaded for: a function of the
 * kernel (attach_prog_fd 0) or of another BPF program. Before load only.
 */
WASM_BPF_WEAK int bpf_program__set_attach_target(struct bpf_program *prog, int attach_prog_fd,
						 const char *attach_func_name)
{
	if (!prog || attach_prog_fd < 0)
		return wasm_bpf_fail(-EINVAL);
	if (prog->object->state == WASM_BPF_LOADED)
		return wasm_bpf_fail(-EINVAL);
	return wasm_bpf_result_logged(wasm_bpf_v1_program_set_attach_target(
		prog->handle, attach_prog_fd, attach_func_name, wasm_bpf_length(attach_func_name)));
}

/* Pins the loaded program in a BPF file system. */
WASM_BPF_WEAK int bpf_program__pin(struct bpf_program *prog, const char *path)
{
	return wasm_bpf_result_logged(wasm_bpf_v1_program_pin(prog->handle, path, strlen(path)));
}

/* Removes that pin. */
WASM_BPF_WEAK int bpf_program__unpin(struct bpf_program *prog, const char *path)
{
	return wasm_bpf_result_logged(wasm_bpf_v1_program_unpin(prog->handle, path, strlen(path)));
}

/* The names of libbpf 0.x for the two getters. */
WASM_BPF_WEAK enum bpf_prog_type bpf_program__get_type(const struct bpf_program *prog)
{
	return bpf_program__type(prog);
}

WASM_BPF_WEAK enum bpf_attach_type
bpf_program__get_expected_attach_type(const struct bpf_program *prog)
{
	return bpf_program__expected_attach_type(prog);
}

#ifdef __cplusplus
}
#endif

#endif
