/*
 * btf_dump__*: types as C, and data by its type. The host's libbpf prints, and
 * the text is pulled and handed to the program's function as one "%s".
 */
#ifndef WASM_BPF_BTF_DUMP_H
#define WASM_BPF_BTF_DUMP_H

#include <stdarg.h>

#include <wasm_bpf/btf.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef void (*btf_dump_printf_fn_t)(void *ctx, const char *fmt, va_list args);

struct btf_dump {
	btf_dump_printf_fn_t print;
	void *context;
	int handle;
};

struct btf_dump_opts {
	size_t sz;
};
#define btf_dump_opts__last_field sz

struct btf_dump_emit_type_decl_opts {
	size_t sz;
	const char *field_name;
	int indent_level;
	bool strip_mods;
	size_t : 0;
};
#define btf_dump_emit_type_decl_opts__last_field strip_mods

struct btf_dump_type_data_opts {
	size_t sz;
	const char *indent_str;
	int indent_level;
	bool compact;
	bool skip_names;
	bool emit_zeroes;
	bool emit_strings;
	size_t : 0;
};
#define btf_dump_type_data_opts__last_field emit_strings

/* A handle of the host's for types; the guest's own data is handed over. To be closed if it is not the type's. */
WASM_BPF_WEAK int wasm_bpf_btf_lend(const struct btf *btf)
{
	int base = 0, handle;

	if (btf->handle)
		return btf->handle;
	if (wasm_bpf_btf_fetch(btf))
		return -errno;
	if (btf->base) {
		base = wasm_bpf_btf_lend(btf->base);
		if (base < 0)
			return base;
	}
	handle = wasm_bpf_result_logged(wasm_bpf_v1_btf_from_data(btf->data, btf->size, base));
	if (btf->base && !btf->base->handle)
		wasm_bpf_v1_handle_close(base);
	return handle;
}

/* Begins to print types, through `printf_fn`; the types must stay. NULL and errno on failure. */
WASM_BPF_WEAK struct btf_dump *btf_dump__new(const struct btf *btf, btf_dump_printf_fn_t printf_fn,
					     void *ctx, const struct btf_dump_opts *opts)
{
	struct btf_dump *dump;
	int types;

	if (!printf_fn || !wasm_bpf_options_valid(opts, sizeof(*opts)))
		return (struct btf_dump *)wasm_bpf_fail_null(-EINVAL);
	dump = (struct btf_dump *)calloc(1, sizeof(*dump));
	if (!dump)
		return (struct btf_dump *)wasm_bpf_fail_null(-ENOMEM);
	dump->print = printf_fn;
	dump->context = ctx;
	types = wasm_bpf_btf_lend(btf);
	dump->handle = types < 0 ? types : wasm_bpf_result(wasm_bpf_v1_btf_dump_open(types));
	if (types > 0 && types != btf->handle)
		wasm_bpf_v1_handle_close(types);
	if (dump->handle > 0)
		return dump;
	free(dump);
	return NULL;
}

/* NULL and error pointers are fine. */
WASM_BPF_WEAK void btf_dump__free(struct btf_dump *d)
{
	if (!d || wasm_bpf_is_error(d))
		return;
	wasm_bpf_v1_handle_close(d->handle);
	free(d);
}

__attribute__((weak, format(printf, 2, 3))) void wasm_bpf_btf_dump_print(struct btf_dump *d,
									 const char *format, ...)
{
	va_list args;

	va_start(args, format);
	d->print(d->context, format, args);
	va_end(args);
}

/* Hands over what the host has printed, also if the call failed; its result. */
WASM_BPF_WEAK int wasm_bpf_btf_dump_result(struct btf_dump *d, int result)
{
	char text[4096];
	int length;

	wasm_bpf_log_pull();
	while ((length = wasm_bpf_v1_btf_dump_read(d->handle, text, sizeof(text) - 1)) > 0) {
		text[length] = '\0';
		wasm_bpf_btf_dump_print(d, "%s", text);
	}
	return wasm_bpf_result(result);
}

/* Prints a type's definition, and first what it needs and was not printed before. 0 or -errno. */
WASM_BPF_WEAK int btf_dump__dump_type(struct btf_dump *d, __u32 id)
{
	return wasm_bpf_btf_dump_result(d, wasm_bpf_v1_btf_dump_type(d->handle, id));
}

/* Prints a declaration, without the semicolon. 0 or -errno. */
WASM_BPF_WEAK int btf_dump__emit_type_decl(struct btf_dump *d, __u32 id,
					   const struct btf_dump_emit_type_decl_opts *opts)
{
	const char *name;

	if (!wasm_bpf_options_valid(opts, sizeof(*opts)))
		return wasm_bpf_fail(-EINVAL);
	name = WASM_BPF_OPT(opts, field_name, NULL);
	return wasm_bpf_btf_dump_result(
		d, wasm_bpf_v1_btf_dump_declaration(d->handle, id,
						    WASM_BPF_OPT(opts, indent_level, 0),
						    WASM_BPF_OPT(opts, strip_mods, false), name,
						    wasm_bpf_length(name)));
}

/* Prints data of a type. The type's size; -E2BIG, after what there is, if there is less data. */
WASM_BPF_WEAK int btf_dump__dump_type_data(struct btf_dump *d, __u32 id, const void *data,
					   size_t data_sz,
					   const struct btf_dump_type_data_opts *opts)
{
	const char *indent;
	uint32_t flags = 0;

	if (!wasm_bpf_options_valid(opts, sizeof(*opts)))
		return wasm_bpf_fail(-EINVAL);
	flags |= WASM_BPF_OPT(opts, compact, false) ? 1 : 0;
	flags |= WASM_BPF_OPT(opts, skip_names, false) ? 2 : 0;
	flags |= WASM_BPF_OPT(opts, emit_zeroes, false) ? 4 : 0;
	flags |= WASM_BPF_OPT(opts, emit_strings, false) ? 8 : 0;
	indent = WASM_BPF_OPT(opts, indent_str, NULL);
	return wasm_bpf_btf_dump_result(
		d, wasm_bpf_v1_btf_dump_data(d->handle, id, flags,
					     WASM_BPF_OPT(opts, indent_level, 0), indent,
					     wasm_bpf_length(indent), data, data_sz));
}

#ifdef __cplusplus
}
#endif

#endif
