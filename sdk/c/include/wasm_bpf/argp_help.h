/*
 * argp's --help, with glibc's layout: usage lines, documentation, and the
 * options with their descriptions in the second column; and the messages that
 * end a program after a wrong command line.
 */
#ifndef WASM_BPF_ARGP_HELP_H
#define WASM_BPF_ARGP_HELP_H

#include <wasm_bpf/argp_list.h>
#include <wasm_bpf/argp_usage.h>
#include <wasm_bpf/invocation.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The state of printing the options. */
struct wasm_bpf_help {
	struct wasm_bpf_text *text;
	const struct argp_state *state;
	const struct wasm_bpf_entry *before; /* the last one printed */
	bool separate;		/* put an empty line between groups */
	bool short_argument;	/* a short option's argument was left out */
	bool first;		/* nothing of the current entry is printed yet */
};

WASM_BPF_WEAK void wasm_bpf_help_header(struct wasm_bpf_help *help, const char *header,
					const struct argp *argp)
{
	char *owned;

	header = wasm_bpf_help_filter(header, ARGP_KEY_HELP_HEADER, argp, help->state, &owned);
	if (header) {
		if (*header) {
			if (help->before)
				wasm_bpf_text_put(help->text, "\n");
			wasm_bpf_text_indent(help->text, WASM_BPF_ARGP_HEADER_COLUMN);
			wasm_bpf_text_left(help->text, WASM_BPF_ARGP_HEADER_COLUMN);
			wasm_bpf_text_wrap(help->text, WASM_BPF_ARGP_HEADER_COLUMN);
			wasm_bpf_text_put(help->text, header);
			wasm_bpf_text_left(help->text, 0);
			wasm_bpf_text_put(help->text, "\n");
		}
		help->separate = true;
	}
	free(owned);
}

WASM_BPF_WEAK bool wasm_bpf_cluster_within(const struct wasm_bpf_cluster *cluster,
					   const struct wasm_bpf_cluster *outer)
{
	while (cluster && cluster != outer)
		cluster = cluster->parent;
	return cluster == outer;
}

/* Before each name of an option: what separates it from the last one, and its column. */
WASM_BPF_WEAK void wasm_bpf_help_name(struct wasm_bpf_help *help,
				      const struct wasm_bpf_entry *entry, size_t column)
{
	const struct wasm_bpf_entry *before = help->before;
	const struct wasm_bpf_cluster *cluster = entry->cluster;
	size_t wrap;

	if (!help->first) {
		wasm_bpf_text_put(help->text, ", ");
	} else {
		if (help->separate && before && entry->group != before->group)
			wasm_bpf_text_put(help->text, "\n");
		if (cluster && cluster->header && *cluster->header &&
		    (!before || !wasm_bpf_cluster_within(before->cluster, cluster))) {
			wrap = help->text->wrap;
			wasm_bpf_help_header(help, cluster->header, cluster->argp);
			wasm_bpf_text_wrap(help->text, wrap);
		}
		help->first = false;
	}
	wasm_bpf_text_indent(help->text, column);
}

WASM_BPF_WEAK void wasm_bpf_help_argument(struct wasm_bpf_help *help,
					  const struct argp_option *option, bool is_long)
{
	if (!option->arg)
		return;
	if (option->flags & OPTION_ARG_OPTIONAL)
		wasm_bpf_text_printf(help->text, is_long ? "[=%s]" : "[%s]", option->arg);
	else
		wasm_bpf_text_printf(help->text, is_long ? "=%s" : " %s", option->arg);
}

/* An entry's names: short ones, long ones, or those of a documentation entry. */
WASM_BPF_WEAK void wasm_bpf_help_names(struct wasm_bpf_help *help,
				       const struct wasm_bpf_entry *entry)
{
	const struct argp_option *real = entry->option, *option;
	bool doc = real->flags & OPTION_DOC, has_long = false;
	int i;

	for (i = 0; i < entry->count && !doc; i++)
		has_long |= real[i].name && wasm_bpf_option_visible(real + i);
	wasm_bpf_text_wrap(help->text, WASM_BPF_ARGP_SHORT_COLUMN);
	for (i = 0; i < entry->count; i++) {
		option = real + i;
		if (!wasm_bpf_entry_short(entry, option) || !wasm_bpf_option_visible(option))
			continue;
		wasm_bpf_help_name(help, entry, WASM_BPF_ARGP_SHORT_COLUMN);
		wasm_bpf_text_printf(help->text, "-%c", option->key);
		if (!has_long)
			wasm_bpf_help_argument(help, real, false);
		else if (real->arg)
			help->short_argument = true;
	}
	wasm_bpf_text_wrap(help->text, doc ? WASM_BPF_ARGP_DOC_OPTION_COLUMN
					   : WASM_BPF_ARGP_LONG_COLUMN);
	for (i = 0; i < entry->count; i++) {
		option = real + i;
		if (!option->name || !wasm_bpf_option_visible(option) || (doc && !*option->name))
			continue;
		wasm_bpf_help_name(help, entry,
				   doc ? WASM_BPF_ARGP_DOC_OPTION_COLUMN : WASM_BPF_ARGP_LONG_COLUMN);
		wasm_bpf_text_printf(help->text, doc ? "%s" : "--%s", option->name);
		if (!doc)
			wasm_bpf_help_argument(help, real, true);
	}
}

WASM_BPF_WEAK void wasm_bpf_help_entry(struct wasm_bpf_help *help,
				       const struct wasm_bpf_entry *entry)
{
	size_t left = wasm_bpf_text_left(help->text, 0), wrap = help->text->wrap, column;
	const struct argp_option *real = entry->option;
	bool printed = true;
	const char *doc;
	char *owned;

	help->first = true;
	wasm_bpf_help_names(help, entry);
	wasm_bpf_text_left(help->text, 0);
	if (help->first) {
		printed = !wasm_bpf_option_short(real) && !real->name;
		if (printed)
			wasm_bpf_help_header(help, real->doc, entry->argp);
	} else {
		doc = wasm_bpf_help_filter(real->doc, real->key, entry->argp, help->state, &owned);
		if (doc && *doc) {
			column = wasm_bpf_text_column(help->text);
			wasm_bpf_text_left(help->text, WASM_BPF_ARGP_DOC_COLUMN);
			wasm_bpf_text_wrap(help->text, WASM_BPF_ARGP_DOC_COLUMN);
			if (column > WASM_BPF_ARGP_DOC_COLUMN + 3)
				wasm_bpf_text_put(help->text, "\n");
			else if (column >= WASM_BPF_ARGP_DOC_COLUMN)
				wasm_bpf_text_put(help->text, "   ");
			else
				wasm_bpf_text_indent(help->text, WASM_BPF_ARGP_DOC_COLUMN);
			wasm_bpf_text_put(help->text, doc);
		}
		free(owned);
		wasm_bpf_text_left(help->text, 0);
		wasm_bpf_text_put(help->text, "\n");
	}
	if (printed)
		help->before = entry;
	wasm_bpf_text_left(help->text, left);
	wasm_bpf_text_wrap(help->text, wrap);
}

WASM_BPF_WEAK void wasm_bpf_help_options(struct wasm_bpf_text *text, struct wasm_bpf_list *list,
					 const struct argp *argp, const struct argp_state *state)
{
	const char *note = "Mandatory or optional arguments to long options are also mandatory or "
			   "optional for any corresponding short options.";
	struct wasm_bpf_help help = {text, state, NULL, false, false, false};
	char *owned;
	int i;

	for (i = 0; i < list->count; i++)
		wasm_bpf_help_entry(&help, &list->entries[i]);
	if (!help.short_argument)
		return;
	note = wasm_bpf_help_filter(note, ARGP_KEY_HELP_DUP_ARGS_NOTE, argp, state, &owned);
	if (note && *note)
		wasm_bpf_text_printf(text, "\n%s\n", note);
	free(owned);
}

/* The first bytes of a string, in memory from malloc; NULL if there is none. */
WASM_BPF_WEAK char *wasm_bpf_copy_text(const char *text, size_t length)
{
	char *copy = (char *)malloc(length + 1);

	if (copy) {
		memcpy(copy, text, length);
		copy[length] = '\0';
	}
	return copy;
}

/* A parser's documentation before or after the options, then its children's. Whether any was printed. */
WASM_BPF_WEAK bool wasm_bpf_help_doc(struct wasm_bpf_text *text, const struct argp *argp,
				     const struct argp_state *state, bool post, bool blank,
				     bool first_only)
{
	const char *split = argp->doc ? strchr(argp->doc, '\v') : NULL, *doc;
	const struct argp_child *child;
	char *part = NULL, *owned;
	bool anything = false;

	if (post)
		doc = split ? split + 1 : NULL;
	else if (split)
		doc = part = wasm_bpf_copy_text(argp->doc, (size_t)(split - argp->doc));
	else
		doc = argp->doc;
	doc = wasm_bpf_help_filter(doc, post ? ARGP_KEY_HELP_POST_DOC : ARGP_KEY_HELP_PRE_DOC, argp,
				   state, &owned);
	if (doc) {
		if (blank)
			wasm_bpf_text_put(text, "\n");
		wasm_bpf_text_put(text, doc);
		if (wasm_bpf_text_column(text) > text->left)
			wasm_bpf_text_put(text, "\n");
		anything = true;
	}
	free(owned);
	free(part);
	if (post && argp->help_filter) {
		doc = wasm_bpf_help_filter(NULL, ARGP_KEY_HELP_EXTRA, argp, state, &owned);
		if (doc) {
			if (anything || blank)
				wasm_bpf_text_put(text, "\n");
			wasm_bpf_text_put(text, doc);
			if (wasm_bpf_text_column(text) > text->left)
				wasm_bpf_text_put(text, "\n");
			anything = true;
		}
		free(owned);
	}
	for (child = argp->children; child && child->argp && !(first_only && anything); child++)
		anything |= wasm_bpf_help_doc(text, child->argp, state, post, anything || blank,
					      first_only);
	return anything;
}

WASM_BPF_WEAK void wasm_bpf_help_print(const struct argp *argp, const struct argp_state *state,
				       FILE *stream, unsigned flags, const char *name)
{
	struct wasm_bpf_text text = {stream, 0, 0, 0, NULL, 0};
	struct wasm_bpf_list list = {NULL, 0, NULL};
	bool anything = false;

	if (flags & (ARGP_HELP_USAGE | ARGP_HELP_SHORT_USAGE | ARGP_HELP_LONG)) {
		wasm_bpf_list_add(&list, argp, NULL);
		wasm_bpf_list_sort(&list);
	}
	if (flags & (ARGP_HELP_USAGE | ARGP_HELP_SHORT_USAGE)) {
		wasm_bpf_help_usage(&text, &list, argp, state, flags, name);
		anything = true;
	}
	if (flags & ARGP_HELP_PRE_DOC)
		anything |= wasm_bpf_help_doc(&text, argp, state, false, false, true);
	if (flags & ARGP_HELP_SEE) {
		wasm_bpf_text_printf(
			&text, "Try `%s --help' or `%s --usage' for more information.\n", name, name);
		anything = true;
	}
	if ((flags & ARGP_HELP_LONG) && list.count) {
		if (anything)
			wasm_bpf_text_put(&text, "\n");
		wasm_bpf_help_options(&text, &list, argp, state);
		anything = true;
	}
	if (flags & ARGP_HELP_POST_DOC)
		anything |= wasm_bpf_help_doc(&text, argp, state, true, anything, false);
	if ((flags & ARGP_HELP_BUG_ADDR) && &argp_program_bug_address && argp_program_bug_address) {
		if (anything)
			wasm_bpf_text_put(&text, "\n");
		wasm_bpf_text_printf(&text, "Report bugs to %s.\n", argp_program_bug_address);
	}
	wasm_bpf_text_flush(&text);
	fflush(stream);
	free(text.pending);
	wasm_bpf_list_free(&list);
}

WASM_BPF_WEAK void argp_help(const struct argp *argp, FILE *stream, unsigned flags, char *name)
{
	wasm_bpf_help_print(argp, NULL, stream, flags, name);
}

WASM_BPF_WEAK void argp_state_help(const struct argp_state *state, FILE *stream, unsigned flags)
{
	if ((state && (state->flags & ARGP_NO_ERRS)) || !stream)
		return;
	if (state)
		wasm_bpf_help_print(state->root_argp, state, stream, flags, state->name);
	if (state && (state->flags & ARGP_NO_EXIT))
		return;
	if (flags & ARGP_HELP_EXIT_ERR)
		exit(argp_err_exit_status);
	if (flags & ARGP_HELP_EXIT_OK)
		exit(0);
}

WASM_BPF_WEAK void argp_usage(const struct argp_state *state)
{
	argp_state_help(state, stderr, ARGP_HELP_STD_USAGE);
}

/* The start of an error message: "name: message". */
WASM_BPF_WEAK void wasm_bpf_argp_message(const struct argp_state *state, FILE *stream,
					 const char *format, va_list args)
{
	fprintf(stream, "%s: ", state ? state->name : *wasm_bpf_invocation_short_name());
	(vfprintf)(stream, format, args);
}

WASM_BPF_WEAK void argp_error(const struct argp_state *state, const char *format, ...)
{
	FILE *stream = state ? state->err_stream : stderr;
	va_list args;

	if ((state && (state->flags & ARGP_NO_ERRS)) || !stream)
		return;
	va_start(args, format);
	wasm_bpf_argp_message(state, stream, format, args);
	va_end(args);
	putc('\n', stream);
	argp_state_help(state, stream, ARGP_HELP_STD_ERR);
}

WASM_BPF_WEAK void argp_failure(const struct argp_state *state, int status, int error,
				const char *format, ...)
{
	FILE *stream = state ? state->err_stream : stderr;
	va_list args;

	if ((state && (state->flags & ARGP_NO_ERRS)) || !stream)
		return;
	if (format) {
		va_start(args, format);
		wasm_bpf_argp_message(state, stream, format, args);
		va_end(args);
	} else {
		fputs(state ? state->name : *wasm_bpf_invocation_short_name(), stream);
	}
	if (error)
		fprintf(stream, ": %s", strerror(error));
	putc('\n', stream);
	if (status && !(state && (state->flags & ARGP_NO_EXIT)))
		exit(status);
}

#ifdef __cplusplus
}
#else
#define argp_error(state, ...) argp_error(state, WASM_BPF_MESSAGE(__VA_ARGS__))
#define argp_failure(state, status, error, ...)                                                    \
	argp_failure(state, status, error, WASM_BPF_MESSAGE(__VA_ARGS__))
#endif

#endif
