/*
 * blazesym's interface for C (blazesym-c), as far as programs name addresses of
 * processes and of the kernel with it: the host looks them up, so that no
 * directory has to be granted. The names of several versions are here, and
 * structs have the members of all of them.
 *
 * Addresses are those of others, and have 64 bits: after this header,
 * `uintptr_t` has too. Functions that were inlined are not listed.
 */
#ifndef WASM_BPF_BLAZESYM_H
#define WASM_BPF_BLAZESYM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <wasm_bpf/symbols.h>

#define uintptr_t uint64_t

#ifdef __cplusplus
extern "C" {
#endif

typedef enum blaze_err {
	BLAZE_ERR_OK = 0,
	BLAZE_ERR_NOT_FOUND = -2,
	BLAZE_ERR_PERMISSION_DENIED = -1,
	BLAZE_ERR_ALREADY_EXISTS = -17,
	BLAZE_ERR_WOULD_BLOCK = -11,
	BLAZE_ERR_INVALID_DATA = -22,
	BLAZE_ERR_TIMED_OUT = -110,
	BLAZE_ERR_UNSUPPORTED = -95,
	BLAZE_ERR_OUT_OF_MEMORY = -12,
	BLAZE_ERR_INVALID_INPUT = -256,
	BLAZE_ERR_WRITE_ZERO = -257,
	BLAZE_ERR_UNEXPECTED_EOF = -258,
	BLAZE_ERR_INVALID_DWARF = -259,
	BLAZE_ERR_OTHER = -260,
} blaze_err;

enum blaze_symbolize_reason {
	BLAZE_SYMBOLIZE_REASON_SUCCESS,
	BLAZE_SYMBOLIZE_REASON_UNMAPPED,
	BLAZE_SYMBOLIZE_REASON_INVALID_FILE_OFFSET,
	BLAZE_SYMBOLIZE_REASON_MISSING_COMPONENT,
	BLAZE_SYMBOLIZE_REASON_MISSING_SYMS,
	BLAZE_SYMBOLIZE_REASON_UNKNOWN_ADDR,
	BLAZE_SYMBOLIZE_REASON_UNSUPPORTED,
};
#ifndef __cplusplus
typedef uint8_t blaze_symbolize_reason;
#endif

/* Helps to initialize a struct with its size, as newer versions want it. */
#define BLAZE_INPUT(TYPE, NAME, ...)                                                               \
	struct TYPE NAME = {.type_size = sizeof(struct TYPE), __VA_ARGS__}

typedef struct blaze_symbolizer_opts {
	size_t type_size;
	const char *const *debug_dirs; /* the host's own are searched: must be NULL */
	size_t debug_dirs_len;
	bool auto_reload;
	bool code_info;
	bool inlined_fns;
	bool demangle;
	uint8_t reserved[4];
} blaze_symbolizer_opts;

typedef struct blaze_symbolize_code_info {
	const char *dir;
	const char *file;
	uint32_t line;
	uint16_t column;
	uint8_t reserved[10];
} blaze_symbolize_code_info;

typedef struct blaze_symbolize_inlined_fn {
	const char *name;
	struct blaze_symbolize_code_info code_info;
	uint8_t reserved[8];
} blaze_symbolize_inlined_fn;

typedef struct blaze_sym {
	union {
		const char *name; /* NULL where nothing was found */
		const char *symbol;
	};
	const char *module; /* the file or the kernel module */
	uint64_t addr;	    /* where the symbol starts: in its file, see blaze_symbolize_process() */
	size_t offset;
	ssize_t size; /* -1: not known */
	struct blaze_symbolize_code_info code_info;
	size_t inlined_cnt;
	const struct blaze_symbolize_inlined_fn *inlined;
	uint8_t reason;
	/* As the first versions had it. */
	const char *path;
	size_t line;
	size_t column;
} blaze_sym;

/* The symbols of one address, in the first versions: none or one. */
typedef struct blaze_entry {
	size_t size;
	const struct blaze_sym *syms;
} blaze_entry;

/* The symbol of each address, in their order; later called blaze_syms. */
typedef struct blaze_result {
	union {
		size_t cnt;
		size_t size;
	};
	const struct blaze_entry *entries;
	struct blaze_sym syms[0];
} blaze_result;
#define blaze_syms blaze_result

typedef struct blaze_symbolize_src_process {
	size_t type_size;
	uint32_t pid;
	bool debug_syms;
	bool perf_map;
	bool map_files;
	bool no_map_files;
	bool no_vdso;
	uint8_t reserved[16];
} blaze_symbolize_src_process;

/* The running kernel; other files are not read. */
typedef struct blaze_symbolize_src_kernel {
	size_t type_size;
	const char *kallsyms;
	const char *kernel_image;
	const char *vmlinux;
	bool debug_syms;
	uint8_t reserved[23];
} blaze_symbolize_src_kernel;

typedef struct blaze_symbolizer {
	struct wasm_bpf_symbols *symbols;
} blaze_symbolizer;

/* What the last function that can fail said. */
WASM_BPF_VARIABLE enum blaze_err wasm_bpf_blaze_error;

WASM_BPF_WEAK enum blaze_err blaze_err_last(void)
{
	return wasm_bpf_blaze_error;
}

WASM_BPF_WEAK const char *blaze_err_str(enum blaze_err error)
{
	switch (error) {
	case BLAZE_ERR_OK:
		return "success";
	case BLAZE_ERR_NOT_FOUND:
		return "entity not found";
	case BLAZE_ERR_PERMISSION_DENIED:
		return "permission denied";
	case BLAZE_ERR_ALREADY_EXISTS:
		return "entity already exists";
	case BLAZE_ERR_TIMED_OUT:
		return "timed out";
	case BLAZE_ERR_UNSUPPORTED:
		return "unsupported";
	case BLAZE_ERR_OUT_OF_MEMORY:
		return "out of memory";
	case BLAZE_ERR_INVALID_INPUT:
		return "invalid input parameter";
	default:
		return "other error";
	}
}

WASM_BPF_WEAK const char *blaze_symbolize_reason_str(uint8_t reason)
{
	return reason == BLAZE_SYMBOLIZE_REASON_SUCCESS ? "success"
	       : reason == BLAZE_SYMBOLIZE_REASON_UNMAPPED
		       ? "absolute address not found in virtual memory map of process"
		       : "address not found in symbolization source";
}

/* Sets the last error from errno. */
WASM_BPF_WEAK enum blaze_err wasm_bpf_blaze_fail(int error)
{
	wasm_bpf_blaze_error = error == ESRCH || error == ENOENT	  ? BLAZE_ERR_NOT_FOUND
			       : error == EPERM || error == EACCES ? BLAZE_ERR_PERMISSION_DENIED
			       : error == ENOMEM		   ? BLAZE_ERR_OUT_OF_MEMORY
			       : error == ETIMEDOUT		   ? BLAZE_ERR_TIMED_OUT
			       : error == ENOSYS		   ? BLAZE_ERR_UNSUPPORTED
			       : error == EINVAL		   ? BLAZE_ERR_INVALID_INPUT
								   : BLAZE_ERR_OTHER;
	return wasm_bpf_blaze_error;
}

WASM_BPF_WEAK blaze_symbolizer *wasm_bpf_blaze_new(bool lines)
{
	struct wasm_bpf_symbols_opts opts = {sizeof(opts), lines};
	blaze_symbolizer *symbolizer = (blaze_symbolizer *)calloc(1, sizeof(*symbolizer));

	wasm_bpf_blaze_error = BLAZE_ERR_OK;
	if (symbolizer)
		symbolizer->symbols = wasm_bpf_symbols__new(&opts);
	if (symbolizer && symbolizer->symbols)
		return symbolizer;
	free(symbolizer);
	wasm_bpf_blaze_fail(ENOMEM);
	return NULL;
}

WASM_BPF_WEAK blaze_symbolizer *blaze_symbolizer_new(void)
{
	return wasm_bpf_blaze_new(true);
}

/* With source files and lines or without; names are always written as in the source. */
WASM_BPF_WEAK blaze_symbolizer *blaze_symbolizer_new_opts(const struct blaze_symbolizer_opts *opts)
{
	if (!opts || opts->debug_dirs) {
		wasm_bpf_blaze_fail(EINVAL);
		return NULL;
	}
	return wasm_bpf_blaze_new(opts->code_info);
}

WASM_BPF_WEAK void blaze_symbolizer_free(blaze_symbolizer *symbolizer)
{
	if (!symbolizer)
		return;
	wasm_bpf_symbols__free(symbolizer->symbols);
	free(symbolizer);
}

/* Texts of symbols, in a list of blocks, each for up to 1024 of them. */
struct wasm_bpf_blaze_texts {
	struct wasm_bpf_blaze_texts *next;
	char *end;
	char text[];
};

/* What a result is the last part of. */
struct wasm_bpf_blaze_answer {
	struct wasm_bpf_blaze_texts *texts;
	struct blaze_entry *entries;
	struct blaze_result result;
};

WASM_BPF_WEAK struct wasm_bpf_blaze_answer *wasm_bpf_blaze_answer(const struct blaze_result *result)
{
	return (struct wasm_bpf_blaze_answer *)((char *)result -
						offsetof(struct wasm_bpf_blaze_answer, result));
}

/* A copy of the first `length` bytes of a text; NULL of NULL. */
WASM_BPF_WEAK const char *wasm_bpf_blaze_text(struct wasm_bpf_blaze_texts *texts, const char *text,
					      size_t length)
{
	char *copy = texts->end;

	if (!text)
		return NULL;
	memcpy(copy, text, length);
	copy[length] = '\0';
	texts->end += length + 1;
	return copy;
}

/* Copies what the host knows of an address, whose symbol starts at `start`. */
WASM_BPF_WEAK void wasm_bpf_blaze_sym(struct blaze_sym *sym, const struct wasm_bpf_symbol *found,
				      uint64_t start, struct wasm_bpf_blaze_texts *texts)
{
	const char *slash = found->file ? strrchr(found->file, '/') : NULL;
	const char *file = slash ? slash + 1 : found->file;
	size_t length = wasm_bpf_length(found->file);

	sym->size = -1;
	sym->module = wasm_bpf_blaze_text(texts, found->object, wasm_bpf_length(found->object));
	sym->name = wasm_bpf_blaze_text(texts, found->name, wasm_bpf_length(found->name));
	if (!sym->name) {
		sym->reason = found->object ? BLAZE_SYMBOLIZE_REASON_UNKNOWN_ADDR
					    : BLAZE_SYMBOLIZE_REASON_UNMAPPED;
		return;
	}
	sym->addr = start;
	sym->offset = (size_t)found->offset;
	sym->path = wasm_bpf_blaze_text(texts, found->file, length);
	sym->code_info.file = wasm_bpf_blaze_text(texts, file, wasm_bpf_length(file));
	if (slash)
		sym->code_info.dir =
			wasm_bpf_blaze_text(texts, found->file, (size_t)(slash - found->file));
	sym->line = sym->code_info.line = found->line;
}

/* Adds the symbols of up to 1024 addresses; 0 or an error of blazesym's. `in_file`: see blaze_symbolize_process(). */
WASM_BPF_WEAK enum blaze_err wasm_bpf_blaze_more(struct blaze_symbolizer *symbolizer,
						 struct wasm_bpf_blaze_answer *answer, uint32_t pid,
						 bool in_file, const uint64_t *addresses, size_t count)
{
	const struct wasm_bpf_symbol *found =
		pid ? wasm_bpf_symbols__user(symbolizer->symbols, (pid_t)pid, addresses, count)
		    : wasm_bpf_symbols__kernel(symbolizer->symbols, addresses, count);
	struct wasm_bpf_blaze_texts *texts;
	size_t room = sizeof(*texts), i;

	if (!found)
		return wasm_bpf_blaze_fail(errno);
	for (i = 0; i < count; i++)
		room += wasm_bpf_length(found[i].name) + wasm_bpf_length(found[i].object) +
			3 * wasm_bpf_length(found[i].file) + 5;
	texts = (struct wasm_bpf_blaze_texts *)malloc(room);
	if (!texts)
		return wasm_bpf_blaze_fail(ENOMEM);
	texts->next = answer->texts;
	texts->end = texts->text;
	answer->texts = texts;
	for (i = 0; i < count; i++) {
		struct blaze_sym *sym = &answer->result.syms[answer->result.cnt];
		uint64_t start = (in_file ? found[i].object_offset : addresses[i]) - found[i].offset;

		wasm_bpf_blaze_sym(sym, &found[i], start, texts);
		answer->entries[answer->result.cnt].size = sym->name != NULL;
		answer->entries[answer->result.cnt++].syms = sym;
	}
	return BLAZE_ERR_OK;
}

/* Frees a result; NULL is fine. */
WASM_BPF_WEAK void blaze_result_free(const struct blaze_result *result)
{
	struct wasm_bpf_blaze_answer *answer;
	struct wasm_bpf_blaze_texts *texts;

	if (!result)
		return;
	answer = wasm_bpf_blaze_answer(result);
	while ((texts = answer->texts)) {
		answer->texts = texts->next;
		free(texts);
	}
	free(answer->entries);
	free(answer);
}

WASM_BPF_WEAK void blaze_syms_free(const struct blaze_result *syms)
{
	blaze_result_free(syms);
}

/* The symbols of all addresses; NULL, and blaze_err_last() says why. `pid` 0: the kernel's. */
WASM_BPF_WEAK const struct blaze_result *wasm_bpf_blaze_find(struct blaze_symbolizer *symbolizer,
							     uint32_t pid, bool in_file,
							     const uint64_t *addresses, size_t count)
{
	struct wasm_bpf_blaze_answer *answer = (struct wasm_bpf_blaze_answer *)calloc(
		1, sizeof(*answer) + count * sizeof(struct blaze_sym));
	size_t done = 0, some;

	wasm_bpf_blaze_error = BLAZE_ERR_OK;
	if (answer)
		answer->entries = (struct blaze_entry *)calloc(count + 1, sizeof(*answer->entries));
	if (!answer || !answer->entries) {
		free(answer);
		wasm_bpf_blaze_fail(ENOMEM);
		return NULL;
	}
	answer->result.entries = answer->entries;
	for (; done < count; done += some) {
		some = count - done < WASM_BPF_MAX_SYMBOLS ? count - done : WASM_BPF_MAX_SYMBOLS;
		if (wasm_bpf_blaze_more(symbolizer, answer, pid, in_file, addresses + done, some)) {
			blaze_result_free(&answer->result);
			return NULL;
		}
	}
	return &answer->result;
}

/* Addresses of a living process, as they are in its stacks. A symbol's `addr` is where it starts in its file. */
WASM_BPF_WEAK const struct blaze_syms *
blaze_symbolize_process_abs_addrs(blaze_symbolizer *symbolizer,
				  const struct blaze_symbolize_src_process *src,
				  const uint64_t *addresses, size_t count)
{
	return wasm_bpf_blaze_find(symbolizer, src->pid ? src->pid : (uint32_t)wasm_bpf_v1_process_id(0),
				   true, addresses, count);
}

WASM_BPF_WEAK const struct blaze_syms *
blaze_symbolize_kernel_abs_addrs(blaze_symbolizer *symbolizer,
				 const struct blaze_symbolize_src_kernel *src,
				 const uint64_t *addresses, size_t count)
{
	(void)src;
	return wasm_bpf_blaze_find(symbolizer, 0, false, addresses, count);
}

/* As it was called before. A symbol's `addr` is where the process has it, as in the first versions. */
WASM_BPF_WEAK const struct blaze_result *
blaze_symbolize_process(blaze_symbolizer *symbolizer, const struct blaze_symbolize_src_process *src,
			const uint64_t *addresses, size_t count)
{
	return wasm_bpf_blaze_find(symbolizer, src->pid ? src->pid : (uint32_t)wasm_bpf_v1_process_id(0),
				   false, addresses, count);
}

WASM_BPF_WEAK const struct blaze_result *
blaze_symbolize_kernel(blaze_symbolizer *symbolizer, const struct blaze_symbolize_src_kernel *src,
		       const uint64_t *addresses, size_t count)
{
	return blaze_symbolize_kernel_abs_addrs(symbolizer, src, addresses, count);
}

#ifdef __cplusplus
}
#endif

#include <wasm_bpf/blazesym_first.h>

#endif
