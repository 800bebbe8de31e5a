/*
 * blazesym's first interface for C, of 2022 and 2023: blazesym_new(),
 * blazesym_symbolize() and their structs, under both of the names that the
 * kinds of sources had.
 */
#ifndef WASM_BPF_BLAZESYM_FIRST_H
#define WASM_BPF_BLAZESYM_FIRST_H

#include <blazesym.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum blazesym_src_type {
	BLAZESYM_SRC_T_ELF,
	BLAZESYM_SRC_T_KERNEL,
	BLAZESYM_SRC_T_PROCESS,
	BLAZESYM_SRC_T_GSYM,
} blazesym_src_type;
#define SRC_T_ELF BLAZESYM_SRC_T_ELF
#define SRC_T_KERNEL BLAZESYM_SRC_T_KERNEL
#define SRC_T_PROCESS BLAZESYM_SRC_T_PROCESS

typedef struct blazesym_ssc_elf {
	const char *file_name;
	uint64_t base_address;
} blazesym_ssc_elf;

typedef struct blazesym_ssc_kernel {
	const char *kallsyms;
	const char *kernel_image;
} blazesym_ssc_kernel;

typedef struct blazesym_ssc_process {
	uint32_t pid;
} blazesym_ssc_process;

typedef union blazesym_ssc_params {
	struct blazesym_ssc_elf elf;
	struct blazesym_ssc_kernel kernel;
	struct blazesym_ssc_process process;
} blazesym_ssc_params;

typedef struct blazesym_sym_src_cfg {
	enum blazesym_src_type src_type;
	union blazesym_ssc_params params;
} blazesym_sym_src_cfg;
#define sym_src_cfg blazesym_sym_src_cfg

typedef enum blazesym_feature_name {
	BLAZESYM_LINE_NUMBER_INFO,
	BLAZESYM_DEBUG_INFO_SYMBOLS,
} blazesym_feature_name;

typedef union blazesym_feature_params {
	bool enable;
} blazesym_feature_params;

typedef struct blazesym_feature {
	enum blazesym_feature_name feature;
	union blazesym_feature_params params;
} blazesym_feature;

typedef struct blazesym_csym {
	const char *symbol;
	uint64_t start_address; /* where the process has it */
	const char *path;	/* the source file, "" where it is not known */
	size_t line_no;
	size_t column;
} blazesym_csym;

/* The symbols of one address: none or one. */
typedef struct blazesym_entry {
	size_t size;
	const struct blazesym_csym *syms;
} blazesym_entry;

typedef struct blazesym_result {
	size_t size;
	struct blazesym_entry entries[0];
} blazesym_result;

typedef struct blazesym {
	blaze_symbolizer *symbolizer;
} blazesym;

/* What a result is the last part of: the texts are the newer interface's. */
struct wasm_bpf_blazesym_answer {
	const struct blaze_result *texts;
	struct blazesym_csym *syms;
	struct blazesym_result result;
};

WASM_BPF_WEAK blazesym *blazesym_new_opts(const struct blazesym_feature *features, size_t count)
{
	blazesym *made = (blazesym *)calloc(1, sizeof(*made));
	bool lines = true;
	size_t i;

	for (i = 0; i < count; i++)
		if (features[i].feature == BLAZESYM_LINE_NUMBER_INFO)
			lines = features[i].params.enable;
	if (made)
		made->symbolizer = wasm_bpf_blaze_new(lines);
	if (made && made->symbolizer)
		return made;
	free(made);
	return NULL;
}

WASM_BPF_WEAK blazesym *blazesym_new(void)
{
	return blazesym_new_opts(NULL, 0);
}

WASM_BPF_WEAK void blazesym_free(blazesym *symbolizer)
{
	if (!symbolizer)
		return;
	blaze_symbolizer_free(symbolizer->symbolizer);
	free(symbolizer);
}

/* Frees a result; NULL is fine. */
WASM_BPF_WEAK void blazesym_result_free(const struct blazesym_result *result)
{
	struct wasm_bpf_blazesym_answer *answer;

	if (!result)
		return;
	answer = (struct wasm_bpf_blazesym_answer *)((char *)result -
						     offsetof(struct wasm_bpf_blazesym_answer, result));
	blaze_result_free(answer->texts);
	free(answer->syms);
	free(answer);
}

/* The symbols of addresses of the one source given, a process or the kernel; NULL on failure. */
WASM_BPF_WEAK const struct blazesym_result *
blazesym_symbolize(blazesym *symbolizer, const struct blazesym_sym_src_cfg *sources,
		   size_t source_count, const uint64_t *addresses, size_t count)
{
	struct wasm_bpf_blazesym_answer *answer;
	const struct blaze_result *found;
	size_t i;

	if (source_count != 1 || (sources->src_type != BLAZESYM_SRC_T_PROCESS &&
				  sources->src_type != BLAZESYM_SRC_T_KERNEL)) {
		wasm_bpf_blaze_fail(EINVAL);
		return NULL;
	}
	found = wasm_bpf_blaze_find(
		symbolizer->symbolizer,
		sources->src_type == BLAZESYM_SRC_T_KERNEL ? 0 : sources->params.process.pid, false,
		addresses, count);
	if (!found)
		return NULL;
	answer = (struct wasm_bpf_blazesym_answer *)calloc(
		1, sizeof(*answer) + count * sizeof(struct blazesym_entry));
	if (answer)
		answer->syms = (struct blazesym_csym *)calloc(count + 1, sizeof(*answer->syms));
	if (!answer || !answer->syms) {
		free(answer);
		blaze_result_free(found);
		wasm_bpf_blaze_fail(ENOMEM);
		return NULL;
	}
	answer->texts = found;
	answer->result.size = count;
	for (i = 0; i < count; i++) {
		const struct blaze_sym *sym = &found->syms[i];
		struct blazesym_csym *old = &answer->syms[i];

		old->symbol = sym->name;
		old->start_address = sym->addr;
		old->path = sym->path ? sym->path : "";
		old->line_no = sym->line;
		answer->result.entries[i].size = sym->name != NULL;
		answer->result.entries[i].syms = old;
	}
	return &answer->result;
}

#ifdef __cplusplus
}
#endif

#endif
