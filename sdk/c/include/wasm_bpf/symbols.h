/*
 * Names for addresses of the kernel and of processes, found by the host: no
 * /proc to be granted, no ELF or DWARF to be parsed by the program. This is
 * the runtime's own interface, in libbpf's style; natively there is none.
 *
 *	struct wasm_bpf_symbols *symbols = wasm_bpf_symbols__new(NULL);
 *	const struct wasm_bpf_symbol *found = wasm_bpf_symbols__user(symbols, pid, stack, depth);
 *
 *	for (size_t i = 0; found && i < depth; i++)
 *		printf("%s+0x%llx\n", found[i].name ? found[i].name : "?", found[i].offset);
 *	wasm_bpf_symbols__free(symbols);
 */
#ifndef WASM_BPF_SYMBOLS_H
#define WASM_BPF_SYMBOLS_H

#include <linux/types.h>

#include <wasm_bpf/import.h>
#include <wasm_bpf/log.h>
#include <wasm_bpf/signal.h>

/* The most addresses that one call takes. */
#define WASM_BPF_MAX_SYMBOLS 1024

#ifdef __cplusplus
extern "C" {
#endif

/* What is known of an address. Texts are NULL, and numbers 0, where nothing is known. */
struct wasm_bpf_symbol {
	const char *name;    /* the function */
	__u64 offset;	     /* how far into it, in bytes */
	const char *object;  /* the file, as its process sees it, or the kernel module */
	__u64 object_offset; /* where in that file */
	const char *file;    /* the source file */
	unsigned int line;   /* the line in it */
};

struct wasm_bpf_symbols_opts {
	size_t sz;
	bool lines; /* find source files and lines too, where there is debug information: slower */
};
#define wasm_bpf_symbols_opts__last_field lines

/* Symbols found last. */
struct wasm_bpf_symbols {
	uint32_t flags;
	char *text;
	size_t text_size;
	struct wasm_bpf_symbol found[WASM_BPF_MAX_SYMBOLS];
};

/* The host's record for an address. */
struct wasm_bpf_symbol_record {
	int32_t error; /* Linux's -errno */
	uint32_t name, name_len, object, object_len, file, file_len, line;
	uint64_t offset, object_offset;
};

#ifdef __cplusplus
static_assert(sizeof(struct wasm_bpf_symbol_record) == 48, "kernel_symbols' record");
#else
_Static_assert(sizeof(struct wasm_bpf_symbol_record) == 48, "kernel_symbols' record");
#endif

/* Makes room for answers; NULL and errno on failure. */
WASM_BPF_WEAK struct wasm_bpf_symbols *
wasm_bpf_symbols__new(const struct wasm_bpf_symbols_opts *opts)
{
	struct wasm_bpf_symbols *symbols;

	if (!wasm_bpf_options_valid(opts, sizeof(*opts)))
		return (struct wasm_bpf_symbols *)wasm_bpf_fail_null(-EINVAL);
	symbols = (struct wasm_bpf_symbols *)calloc(1, sizeof(*symbols));
	if (symbols)
		symbols->flags = WASM_BPF_OPT(opts, lines, false);
	return symbols;
}

/* Frees the answers; NULL is fine. */
WASM_BPF_WEAK void wasm_bpf_symbols__free(struct wasm_bpf_symbols *symbols)
{
	if (!symbols)
		return;
	free(symbols->text);
	free(symbols);
}

/* Asks the host, with `records` for its answers; 0 or -errno. A signal's handler runs, and it is asked again. */
WASM_BPF_WEAK int wasm_bpf_symbols_ask(struct wasm_bpf_symbols *symbols, int pid,
				       const __u64 *addresses, size_t count,
				       struct wasm_bpf_symbol_record *records)
{
	size_t size = count * sizeof(*addresses), room = count * sizeof(*records);
	int result;

	for (;;) {
		result = pid ? wasm_bpf_v1_user_symbols(pid, addresses, size, records, room,
							symbols->text, symbols->text_size,
							symbols->flags)
			     : wasm_bpf_v1_kernel_symbols(addresses, size, records, room,
							  symbols->text, symbols->text_size);
		if (result != -4) /* Linux's EINTR */
			return wasm_bpf_result_after(result, false);
		wasm_bpf_signals_run();
	}
}

/* Asks with more and more room for texts, until all of them fit; 0 or -errno. */
WASM_BPF_WEAK int wasm_bpf_symbols_fill(struct wasm_bpf_symbols *symbols, int pid,
					const __u64 *addresses, size_t count,
					struct wasm_bpf_symbol_record *records)
{
	for (;;) {
		size_t i = 0, larger = symbols->text_size ? 2 * symbols->text_size : 1 << 14;
		char *text;

		if (symbols->text) {
			int error = wasm_bpf_symbols_ask(symbols, pid, addresses, count, records);

			if (error < 0)
				return error;
			while (i < count && records[i].error != -28) /* Linux's ENOSPC */
				i++;
			if (i == count)
				return 0;
		}
		text = (char *)realloc(symbols->text, larger);
		if (!text)
			return wasm_bpf_fail(-ENOMEM);
		symbols->text = text;
		symbols->text_size = larger;
	}
}

WASM_BPF_WEAK const struct wasm_bpf_symbol *wasm_bpf_symbols_find(struct wasm_bpf_symbols *symbols,
								  int pid, const __u64 *addresses,
								  size_t count)
{
	struct wasm_bpf_symbol_record *records;
	size_t i;
	int error;

	if (count > WASM_BPF_MAX_SYMBOLS)
		return (struct wasm_bpf_symbol *)wasm_bpf_fail_null(-E2BIG);
	records = (struct wasm_bpf_symbol_record *)malloc((count + 1) * sizeof(*records));
	if (!records)
		return (struct wasm_bpf_symbol *)wasm_bpf_fail_null(-ENOMEM);
	error = wasm_bpf_symbols_fill(symbols, pid, addresses, count, records);
	for (i = 0; !error && i < count; i++) {
		struct wasm_bpf_symbol_record *record = &records[i];
		struct wasm_bpf_symbol *symbol = &symbols->found[i];

		symbol->name = record->name_len ? symbols->text + record->name : NULL;
		symbol->object = record->object_len ? symbols->text + record->object : NULL;
		symbol->file = record->file_len ? symbols->text + record->file : NULL;
		symbol->line = record->line;
		symbol->offset = record->offset;
		symbol->object_offset = record->object_offset;
	}
	free(records);
	return error ? (struct wasm_bpf_symbol *)wasm_bpf_fail_null(error) : symbols->found;
}

/*
 * What is known of `count` kernel addresses, in their order: good until the
 * next call or the end of `symbols`. NULL and errno on failure; EPERM where
 * the kernel hides its addresses (kptr_restrict, CAP_SYSLOG).
 */
WASM_BPF_WEAK const struct wasm_bpf_symbol *
wasm_bpf_symbols__kernel(struct wasm_bpf_symbols *symbols, const __u64 *addresses, size_t count)
{
	return wasm_bpf_symbols_find(symbols, 0, addresses, count);
}

/*
 * The same of addresses of a living process. ESRCH where it has ended, EACCES
 * where it is somebody else's, ETIMEDOUT where its files take a minute to
 * read, ENOSYS where the runtime was built without this. A return address in a
 * stack is the one after the call: ask for the one before it.
 */
WASM_BPF_WEAK const struct wasm_bpf_symbol *wasm_bpf_symbols__user(struct wasm_bpf_symbols *symbols,
								   pid_t pid, const __u64 *addresses,
								   size_t count)
{
	if (pid <= 0)
		return (struct wasm_bpf_symbol *)wasm_bpf_fail_null(-ESRCH);
	return wasm_bpf_symbols_find(symbols, pid, addresses, count);
}

/*
 * The addresses of the kernel's symbols called `name`, ascending: at most
 * `count` are stored. Returns how many there are, or -errno: -ENOENT, or
 * -EPERM as above.
 */
WASM_BPF_WEAK int wasm_bpf_find_kernel_symbol(const char *name, __u64 *addresses, size_t count)
{
	int result;

	do
		result = wasm_bpf_v1_kernel_symbol_find(name, strlen(name), addresses,
							count * sizeof(*addresses));
	while (result == -4 && (wasm_bpf_signals_run(), true)); /* Linux's EINTR */
	return wasm_bpf_result_after(result, false);
}

#ifdef __cplusplus
}
#endif

#endif
