/* Names an address of a process and one of the kernel, through each of the interfaces that blazesym had. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <blazesym.h>

static void newest(const uint64_t *addresses, size_t count, uint32_t pid)
{
	struct blaze_symbolizer *symbolizer = blaze_symbolizer_new();
	const struct blaze_syms *syms;
	size_t i;

	assert(sizeof(uintptr_t) == sizeof(uint64_t));
	if (pid) {
		struct blaze_symbolize_src_process src = {
			.type_size = sizeof(src),
			.pid = pid,
		};
		syms = blaze_symbolize_process_abs_addrs(symbolizer, &src, (const uintptr_t *)addresses, count);
	} else {
		BLAZE_INPUT(blaze_symbolize_src_kernel, src);
		syms = blaze_symbolize_kernel_abs_addrs(symbolizer, &src, (const uintptr_t *)addresses, count);
	}
	printf("newest: %d\n", syms ? (int)syms->cnt : -1);
	for (i = 0; syms && i < syms->cnt; i++) {
		const blaze_sym *sym = &syms->syms[i];
		const blaze_symbolize_code_info *code = &sym->code_info;

		if (!sym->name) {
			printf("%016lx: <no-symbol> (%s)\n", addresses[i], blaze_symbolize_reason_str(sym->reason));
			continue;
		}
		printf("%016lx: %s+0x%lx %d", addresses[i], sym->name, sym->offset, (int)sym->inlined_cnt);
		if (code->dir && code->file)
			printf(" %s/%s:%u", code->dir, code->file, code->line);
		printf(" %s\n", sym->module ? sym->module : "-");
	}
	blaze_syms_free(syms);
	blaze_symbolizer_free(symbolizer);
}

static void middle(const uint64_t *addresses, size_t count, uint32_t pid)
{
	struct blaze_symbolizer *symbolizer = blaze_symbolizer_new();
	struct blaze_symbolize_src_process src = {.pid = pid};
	const struct blaze_result *result;
	size_t i;

	result = blaze_symbolize_process(symbolizer, &src, (const uintptr_t *)addresses, count);
	printf("middle: %d\n", result ? (int)result->size : -1);
	for (i = 0; result && i < result->size; i++) {
		const struct blaze_sym *sym;

		if (!result->entries[i].size) {
			printf("%016lx\n", addresses[i]);
			continue;
		}
		sym = &result->entries[i].syms[0];
		printf("%016lx %s+0x%lx %s:%ld\n", addresses[i], sym->symbol, addresses[i] - sym->addr,
		       sym->path ? sym->path : "", sym->line);
	}
	blaze_result_free(result);
	blaze_symbolizer_free(symbolizer);
}

static void first(const uint64_t *addresses, size_t count, uint32_t pid)
{
	blazesym *symbolizer = blazesym_new();
	const blazesym_result *result;
	sym_src_cfg source;
	size_t i;

	source.src_type = pid ? SRC_T_PROCESS : SRC_T_KERNEL;
	if (pid) {
		source.params.process.pid = pid;
	} else {
		source.params.kernel.kallsyms = NULL;
		source.params.kernel.kernel_image = NULL;
	}
	result = blazesym_symbolize(symbolizer, &source, 1, addresses, count);
	printf("first: %d\n", result ? (int)result->size : -1);
	for (i = 0; result && i < result->size; i++) {
		const blazesym_csym *sym = result->entries[i].size ? &result->entries[i].syms[0] : NULL;

		if (!sym)
			printf("[<%016lx>]\n", addresses[i]);
		else if (sym->path && strlen(sym->path))
			printf("[<%016lx>] %s+0x%lx %s:%ld\n", addresses[i], sym->symbol,
			       addresses[i] - sym->start_address, sym->path, sym->line_no);
		else
			printf("[<%016lx>] %s+0x%lx\n", addresses[i], sym->symbol, addresses[i] - sym->start_address);
	}
	blazesym_result_free(result);
	blazesym_free(symbolizer);
}

/* PID ADDRESS: with 0, the kernel's; the other one is 16, which nothing has. */
int main(int argc, char **argv)
{
	uint32_t pid = argc > 2 ? (uint32_t)atoi(argv[1]) : 0;
	uint64_t addresses[1500] = {argc > 2 ? strtoull(argv[2], NULL, 16) : 0, 16};
	size_t i;

	newest(addresses, 2, pid);
	if (pid)
		middle(addresses, 2, pid);
	first(addresses, 2, pid);
	/* More than the host takes at once. */
	for (i = 2; i < 1500; i++)
		addresses[i] = addresses[0];
	{
		struct blaze_symbolizer *symbolizer = blaze_symbolizer_new();
		struct blaze_symbolize_src_process src = {.type_size = sizeof(src), .pid = pid ? pid : 1u << 30};
		const struct blaze_syms *syms =
			blaze_symbolize_process_abs_addrs(symbolizer, &src, addresses, 1500);

		if (syms)
			printf("many: %d %s\n", (int)syms->cnt, syms->syms[1499].name);
		else
			printf("none: %s\n", blaze_err_str(blaze_err_last()));
		blaze_syms_free(syms);
		blaze_symbolizer_free(symbolizer);
	}
	return 0;
}
