/*
 * bpf_prog_load(): loads instructions that the guest has in memory. The host
 * loads ELF objects only, so one is made around them: a section for the
 * program and one for the licence. Tools probe with this what a kernel can do.
 */
#ifndef WASM_BPF_PROGRAM_LOAD_H
#define WASM_BPF_PROGRAM_LOAD_H

#include <bpf/libbpf_legacy.h>
#include <wasm_bpf/btf.h>
#include <wasm_bpf/descriptor.h>
#include <wasm_bpf/program.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bpf_prog_load_opts {
	size_t sz;
	int attempts;
	enum bpf_attach_type expected_attach_type;
	__u32 prog_btf_fd; /* not available */
	__u32 prog_flags;
	__u32 prog_ifindex;
	__u32 kern_version; /* no kernel that is supported looks at it */
	__u32 attach_btf_id;
	__u32 attach_prog_fd;
	__u32 attach_btf_obj_fd; /* not available, as the next seven */
	const int *fd_array;
	const void *func_info;
	__u32 func_info_cnt;
	__u32 func_info_rec_size;
	const void *line_info;
	__u32 line_info_cnt;
	__u32 line_info_rec_size;
	__u32 log_level;
	__u32 log_size;
	char *log_buf;
	__u32 log_true_size; /* out */
	__u32 token_fd;	     /* not available, as the next */
	__u32 fd_array_cnt;
	size_t : 0;
};
#define bpf_prog_load_opts__last_field fd_array_cnt

/* An ELF64 object's parts, as the ELF specification lays them out. */
struct wasm_bpf_elf_header {
	unsigned char ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, program_headers, section_headers;
	uint32_t flags;
	uint16_t size, program_header_size, program_header_count;
	uint16_t section_header_size, section_header_count, names_section;
};

struct wasm_bpf_elf_section {
	uint32_t name, type;
	uint64_t flags, address, offset, size;
	uint32_t link, info;
	uint64_t alignment, entry_size;
};

struct wasm_bpf_elf_symbol {
	uint32_t name;
	unsigned char info, other;
	uint16_t section;
	uint64_t value, size;
};

/* The object in front of its instructions, licence and names. */
struct wasm_bpf_elf {
	struct wasm_bpf_elf_header header;
	struct wasm_bpf_elf_section sections[5]; /* none, names, symbols, program, licence */
	struct wasm_bpf_elf_symbol symbols[2];	 /* none, the program */
};

#ifdef __cplusplus
static_assert(sizeof(struct wasm_bpf_elf) == 64 + 5 * 64 + 2 * 24, "ELF64");
#else
_Static_assert(sizeof(struct wasm_bpf_elf) == 64 + 5 * 64 + 2 * 24, "ELF64");
#endif

/* Makes the object; its size at *size. NULL: no memory. */
WASM_BPF_WEAK void *wasm_bpf_make_elf(const char *name, const char *license, const void *code,
				      size_t code_size, size_t *size)
{
	static const char fixed[] = "\0.strtab\0.symtab\0program\0license";
	size_t license_size = strlen(license) + 1, name_size = strlen(name) + 1;
	struct wasm_bpf_elf elf;
	char *file, *at;

	memset(&elf, 0, sizeof(elf));
	memcpy(elf.header.ident, "\177ELF\2\1\1", 7);
	elf.header.type = 1;	  /* ET_REL */
	elf.header.machine = 247; /* EM_BPF */
	elf.header.version = 1;
	elf.header.section_headers = offsetof(struct wasm_bpf_elf, sections);
	elf.header.size = sizeof(elf.header);
	elf.header.section_header_size = sizeof(elf.sections[0]);
	elf.header.section_header_count = 5;
	elf.header.names_section = 1;

	elf.sections[3].name = 17;
	elf.sections[3].type = 1;  /* SHT_PROGBITS */
	elf.sections[3].flags = 6; /* SHF_ALLOC | SHF_EXECINSTR */
	elf.sections[3].offset = sizeof(elf);
	elf.sections[3].size = code_size;
	elf.sections[3].alignment = 8;
	elf.sections[4].name = 25;
	elf.sections[4].type = 1;
	elf.sections[4].flags = 3; /* SHF_WRITE | SHF_ALLOC */
	elf.sections[4].offset = sizeof(elf) + code_size;
	elf.sections[4].size = license_size;
	elf.sections[4].alignment = 1;
	elf.sections[1].name = 1;
	elf.sections[1].type = 3; /* SHT_STRTAB */
	elf.sections[1].offset = elf.sections[4].offset + license_size;
	elf.sections[1].size = sizeof(fixed) + name_size;
	elf.sections[1].alignment = 1;
	elf.sections[2].name = 9;
	elf.sections[2].type = 2; /* SHT_SYMTAB */
	elf.sections[2].offset = offsetof(struct wasm_bpf_elf, symbols);
	elf.sections[2].size = sizeof(elf.symbols);
	elf.sections[2].link = 1;
	elf.sections[2].info = 1;
	elf.sections[2].alignment = 8;
	elf.sections[2].entry_size = sizeof(elf.symbols[0]);
	elf.symbols[1].name = sizeof(fixed);
	elf.symbols[1].info = 0x12; /* STB_GLOBAL, STT_FUNC */
	elf.symbols[1].section = 3;
	elf.symbols[1].size = code_size;

	*size = (size_t)elf.sections[1].offset + (size_t)elf.sections[1].size;
	file = at = (char *)malloc(*size);
	if (!file)
		return NULL;
	memcpy(at, &elf, sizeof(elf));
	memcpy(at += sizeof(elf), code, code_size);
	memcpy(at += code_size, license, license_size);
	memcpy(at += license_size, fixed, sizeof(fixed));
	memcpy(at + sizeof(fixed), name, name_size);
	return file;
}

/* Where the verifier's log goes during bpf_prog_load(): the caller's buffer, not the printer. */
struct wasm_bpf_log_target {
	char *buf;
	size_t size, length;
};

WASM_BPF_VARIABLE struct wasm_bpf_log_target wasm_bpf_log_to = {NULL, 0, 0};

WASM_BPF_WEAK int wasm_bpf_log_collect(enum libbpf_print_level level, const char *format,
				       va_list args)
{
	struct wasm_bpf_log_target *to = &wasm_bpf_log_to;
	int length;

	(void)level;
	length = (vsnprintf)(to->buf ? to->buf + to->length : NULL,
			   to->buf ? to->size - to->length : 0, format, args);
	to->length += length > 0 ? (size_t)length : 0;
	if (to->buf && to->length >= to->size)
		to->length = to->size - 1;
	return length;
}

/* The hook behind the name of the type that stands for it in the kernel's BTF: the host adds these prefixes itself. */
WASM_BPF_WEAK const char *wasm_bpf_hook_name(const char *name, enum bpf_attach_type type)
{
	const char *prefix = type == BPF_TRACE_RAW_TP ? "btf_trace_"
			     : type == BPF_LSM_MAC    ? "bpf_lsm_"
			     : type == BPF_TRACE_ITER ? "bpf_iter_"
						      : "";

	return name && !strncmp(name, prefix, strlen(prefix)) ? name + strlen(prefix) : name;
}

/* Tells the host what the options say. 0 or -errno. */
WASM_BPF_WEAK int wasm_bpf_load_tune(int program, enum bpf_prog_type type,
				     const struct bpf_prog_load_opts *opts)
{
	__u32 id = WASM_BPF_OPT(opts, attach_btf_id, 0);
	__u32 target = WASM_BPF_OPT(opts, attach_prog_fd, 0);
	const struct btf_type *function;
	struct btf *btf;
	const char *name;
	int error;

	error = wasm_bpf_v1_program_set(program, WASM_BPF_PROGRAM_TYPE, type);
	if (!error)
		error = wasm_bpf_v1_program_set(
			program, WASM_BPF_PROGRAM_EXPECTED_ATTACH_TYPE,
			WASM_BPF_OPT(opts, expected_attach_type, (enum bpf_attach_type)0));
	if (!error && WASM_BPF_OPT(opts, prog_flags, 0))
		error = wasm_bpf_v1_program_set(program, WASM_BPF_PROGRAM_FLAGS, opts->prog_flags);
	if (!error && WASM_BPF_OPT(opts, prog_ifindex, 0))
		error = wasm_bpf_v1_program_set(program, WASM_BPF_PROGRAM_IFINDEX,
						opts->prog_ifindex);
	if (!error && WASM_BPF_OPT(opts, log_level, 0))
		error = wasm_bpf_v1_program_set(program, WASM_BPF_PROGRAM_LOG_LEVEL,
						opts->log_level);
	if (error || !id)
		return wasm_bpf_result(error);
	if (target)
		return wasm_bpf_fail(-EOPNOTSUPP); /* its types' names are not to be had */
	btf = btf__load_vmlinux_btf();
	if (!btf)
		return -errno;
	function = btf__type_by_id(btf, id);
	name = function ? btf__name_by_offset(btf, function->name_off) : NULL;
	name = wasm_bpf_hook_name(
		name, WASM_BPF_OPT(opts, expected_attach_type, (enum bpf_attach_type)0));
	error = name ? wasm_bpf_result(wasm_bpf_v1_program_set_attach_target(program, 0, name,
									     strlen(name)))
		     : wasm_bpf_fail(-EINVAL);
	btf__free(btf);
	return error;
}

/*
 * Loads a program; its descriptor, to be closed with close(), or -errno. The
 * verifier's log is in opts.log_buf. Instructions may not refer to maps.
 */
WASM_BPF_WEAK int bpf_prog_load(enum bpf_prog_type prog_type, const char *prog_name,
				const char *license, const struct bpf_insn *insns, size_t insn_cnt,
				struct bpf_prog_load_opts *opts)
{
	libbpf_print_fn_t printer = wasm_bpf_printer;
	struct wasm_bpf_owner *owner;
	int object = -1, program = -1, error;
	size_t size, i;
	void *elf;

	if (!insns || !insn_cnt || !wasm_bpf_options_valid(opts, sizeof(*opts)))
		return wasm_bpf_fail(-EINVAL);
	for (i = 0; i < insn_cnt; i++)
		if (insns[i].code == (BPF_LD | BPF_DW | BPF_IMM) && insns[i].src_reg)
			return wasm_bpf_fail(-EOPNOTSUPP);
	if (WASM_BPF_OPT(opts, prog_btf_fd, 0) || WASM_BPF_OPT(opts, attach_btf_obj_fd, 0) ||
	    WASM_BPF_OPT(opts, token_fd, 0))
		return wasm_bpf_fail(-EOPNOTSUPP);
	owner = (struct wasm_bpf_owner *)calloc(1, sizeof(*owner));
	elf = wasm_bpf_make_elf(prog_name && *prog_name ? prog_name : "program",
				license ? license : "", insns, insn_cnt * sizeof(*insns), &size);
	if (!owner || !elf) {
		free(owner);
		free(elf);
		return wasm_bpf_fail(-ENOMEM);
	}
	wasm_bpf_log_to.buf = WASM_BPF_OPT(opts, log_buf, NULL);
	wasm_bpf_log_to.size = wasm_bpf_log_to.buf ? WASM_BPF_OPT(opts, log_size, 0) : 0;
	wasm_bpf_log_to.length = 0;
	if (!wasm_bpf_log_to.size)
		wasm_bpf_log_to.buf = NULL;
	wasm_bpf_printer = wasm_bpf_log_collect;
	object = error = wasm_bpf_result(wasm_bpf_v1_object_open(elf, size, NULL, 0));
	free(elf);
	if (object > 0) {
		program = wasm_bpf_v1_object_program(object, 0);
		error = wasm_bpf_load_tune(program, prog_type, opts);
	}
	if (object > 0 && !error) {
		error = wasm_bpf_v1_object_load(object);
		error = wasm_bpf_result_after(error, wasm_bpf_log_pull_long());
	}
	wasm_bpf_log_pull();
	wasm_bpf_printer = printer;
	WASM_BPF_OPT_SET(opts, log_true_size, (__u32)wasm_bpf_log_to.length);
	if (error < 0) {
		if (object > 0)
			wasm_bpf_v1_handle_close(object);
		free(owner);
		return wasm_bpf_fail(error);
	}
	owner->member = program;
	owner->object = object;
	owner->next = wasm_bpf_owners;
	wasm_bpf_owners = owner;
	return program;
}

#ifdef __cplusplus
}
#endif

#endif
