/*
 * argp's usage lines: the options in short, and the forms that the arguments
 * of the parsers may take, a line for each.
 */
#ifndef WASM_BPF_ARGP_USAGE_H
#define WASM_BPF_ARGP_USAGE_H

#include <wasm_bpf/argp_list.h>
#include <wasm_bpf/argp_text.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where the input of one of the parsers is kept; <wasm_bpf/argp_parse.h>. */
void *wasm_bpf_argp_input(const struct argp *argp, const struct argp_state *state);

/* A documentation string after the parser's help_filter; *owned is to be freed. */
WASM_BPF_WEAK const char *wasm_bpf_help_filter(const char *doc, int key, const struct argp *argp,
					       const struct argp_state *state, char **owned)
{
	char *filtered;

	*owned = NULL;
	if (!argp->help_filter)
		return doc;
	filtered = argp->help_filter(key, doc, wasm_bpf_argp_input(argp, state));
	if (filtered != doc)
		*owned = filtered;
	return filtered;
}

/* The options in a usage line: letters without arguments, letters with, long ones. */
WASM_BPF_WEAK void wasm_bpf_usage_options(struct wasm_bpf_text *text, struct wasm_bpf_list *list)
{
	int pass, letters = 0, e, i;

	for (pass = 0; pass < 3; pass++) {
		for (e = 0; e < list->count; e++) {
			const struct wasm_bpf_entry *entry = &list->entries[e];

			for (i = 0; i < entry->count; i++) {
				const struct argp_option *option = entry->option + i;
				int flags = option->flags | entry->option->flags;
				const char *arg = option->arg ? option->arg : entry->option->arg;

				if (!wasm_bpf_option_visible(option) || (flags & OPTION_NO_USAGE) ||
				    (pass < 2 && (!wasm_bpf_entry_short(entry, option) ||
						  (pass == 0) != !arg)) ||
				    (pass == 2 && !option->name))
					continue;
				if (pass == 0) {
					wasm_bpf_text_printf(text, letters++ ? "%c" : " [-%c",
							     option->key);
				} else if (pass == 1 && (flags & OPTION_ARG_OPTIONAL)) {
					wasm_bpf_text_printf(text, " [-%c[%s]]", option->key, arg);
				} else if (pass == 1) {
					wasm_bpf_text_space(text, 6 + strlen(arg));
					wasm_bpf_text_printf(text, "[-%c %s]", option->key, arg);
				} else if (!arg) {
					wasm_bpf_text_printf(text, " [--%s]", option->name);
				} else {
					wasm_bpf_text_printf(text,
							     flags & OPTION_ARG_OPTIONAL
								     ? " [--%s[=%s]]"
								     : " [--%s=%s]",
							     option->name, arg);
				}
			}
		}
		if (pass == 0 && letters)
			wasm_bpf_text_put(text, "]");
	}
}

/* How many parsers below and at this one have several forms of arguments. */
WASM_BPF_WEAK size_t wasm_bpf_usage_levels(const struct argp *argp)
{
	size_t levels = argp->args_doc && strchr(argp->args_doc, '\n');
	const struct argp_child *child;

	for (child = argp->children; child && child->argp; child++)
		levels += wasm_bpf_usage_levels(child->argp);
	return levels;
}

/*
 * The arguments in a usage line, each parser in the form that `*level` counts;
 * moves on to the next combination if `advance`. Whether there is another.
 */
WASM_BPF_WEAK bool wasm_bpf_usage_arguments(struct wasm_bpf_text *text, const struct argp *argp,
					    const struct argp_state *state, unsigned char **level,
					    bool advance)
{
	const char *end = NULL, *doc;
	const struct argp_child *child;
	unsigned char *own = *level, i;
	bool several = false;
	char *owned;

	doc = wasm_bpf_help_filter(argp->args_doc, ARGP_KEY_HELP_ARGS_DOC, argp, state, &owned);
	if (doc) {
		const char *form = doc;

		end = strchr(form, '\n');
		several = end;
		for (i = 0; several && i < *own && end; i++) {
			form = end + 1;
			end = strchr(form, '\n');
		}
		if (several)
			(*level)++;
		if (!end)
			end = form + strlen(form);
		wasm_bpf_text_space(text, 1 + (size_t)(end - form));
		wasm_bpf_text_write(text, form, (size_t)(end - form));
	}
	for (child = argp->children; child && child->argp; child++)
		advance = !wasm_bpf_usage_arguments(text, child->argp, state, level, advance);
	if (advance && several) {
		if (*end) {
			(*own)++;
			advance = false;
		} else if (*own > 0) {
			*own = 0;
		}
	}
	free(owned);
	return !advance;
}

/* Every usage line: one for each form of the arguments. */
WASM_BPF_WEAK void wasm_bpf_help_usage(struct wasm_bpf_text *text, struct wasm_bpf_list *list,
				       const struct argp *argp, const struct argp_state *state,
				       unsigned flags, const char *name)
{
	unsigned char *levels = (unsigned char *)calloc(wasm_bpf_usage_levels(argp) + 1, 1);
	const char *word = "Usage:";
	bool more = levels;

	while (more) {
		unsigned char *level = levels;
		size_t wrap = wasm_bpf_text_wrap(text, WASM_BPF_ARGP_USAGE_INDENT), left;

		wasm_bpf_text_printf(text, "%s %s", word, name);
		left = wasm_bpf_text_left(text, WASM_BPF_ARGP_USAGE_INDENT);
		if (!(flags & ARGP_HELP_SHORT_USAGE))
			wasm_bpf_usage_options(text, list);
		else if (list->count)
			wasm_bpf_text_put(text, " [OPTION...]");
		flags |= ARGP_HELP_SHORT_USAGE; /* later lines show only where options go */
		more = wasm_bpf_usage_arguments(text, argp, state, &level, true);
		wasm_bpf_text_wrap(text, wrap);
		wasm_bpf_text_left(text, left);
		wasm_bpf_text_put(text, "\n");
		word = "  or: ";
	}
	free(levels);
}

#ifdef __cplusplus
}
#endif

#endif
