/*
 * Finding the next option on the command line, as glibc's getopt_long does for
 * argp: clusters of letters, long options and their abbreviations, arguments
 * attached or following, "--", and options behind arguments, which are moved
 * to the front. getopt's messages too.
 */
#ifndef WASM_BPF_ARGP_SCAN_H
#define WASM_BPF_ARGP_SCAN_H

#include <wasm_bpf/argp_list.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One parser of the tree, in the order in which they are asked. */
struct wasm_bpf_group {
	const struct argp *argp;
	argp_parser_t parser;
	unsigned processed; /* arguments that it took */
	int parent;	    /* index of its parent's group, or -1 */
	int nth;	    /* among the parent's children */
	void *input;
	void **child_inputs;
	void *hook;
};

struct wasm_bpf_scan {
	struct argp_state *state;
	struct wasm_bpf_group *groups;
	int count;
	const char *letters; /* what is left of a cluster such as -abc, or NULL */
	int skipped, behind; /* [skipped, behind): arguments passed over so far */
};

/* A found option, or one of the marks below. */
struct wasm_bpf_found {
	int key;   /* the option's */
	int group; /* whose */
	char *arg;
	const char *name; /* of a long option as the table has it, else NULL */
};

enum {
	WASM_BPF_SCAN_END = -1,
	WASM_BPF_SCAN_ERROR = -2,
	WASM_BPF_SCAN_ARGUMENT = -3,
	WASM_BPF_SCAN_OPTION = 0,
};

/* The option that an alias stands for. */
WASM_BPF_WEAK const struct argp_option *wasm_bpf_scan_real(const struct argp_option *option)
{
	while (option->flags & OPTION_ALIAS)
		option--;
	return option;
}

__attribute__((weak, format(printf, 2, 3))) int wasm_bpf_scan_complain(struct wasm_bpf_scan *scan,
								       const char *format, ...)
{
	va_list args;

	if (!(scan->state->flags & ARGP_NO_ERRS)) {
		fprintf(stderr, "%s: ", scan->state->argv[0]);
		va_start(args, format);
		(vfprintf)(stderr, format, args);
		va_end(args);
		fputc('\n', stderr);
	}
	return WASM_BPF_SCAN_ERROR;
}

WASM_BPF_WEAK int wasm_bpf_scan_take(struct wasm_bpf_found *found, int group,
				     const struct argp_option *option, char *arg)
{
	const struct argp_option *real = wasm_bpf_scan_real(option);

	found->name = NULL;
	found->group = group;
	found->key = option->key ? option->key : real->key;
	found->arg = arg;
	return WASM_BPF_SCAN_OPTION;
}

/* The next letter of a cluster. */
WASM_BPF_WEAK int wasm_bpf_scan_letter(struct wasm_bpf_scan *scan, struct wasm_bpf_found *found)
{
	struct argp_state *state = scan->state;
	int letter = (unsigned char)*scan->letters++;
	const char *rest = scan->letters;
	int g;

	if (!*rest) {
		scan->letters = NULL;
		state->next++;
	}
	for (g = 0; g < scan->count; g++) {
		const struct argp_option *option = scan->groups[g].argp->options;

		for (; option && !wasm_bpf_option_ends(option); option++) {
			const struct argp_option *real = wasm_bpf_scan_real(option);

			if (!wasm_bpf_option_short(option) || option->key != letter)
				continue;
			if (!real->arg)
				return wasm_bpf_scan_take(found, g, option, NULL);
			scan->letters = NULL;
			if (*rest)
				state->next++;
			else if (!(real->flags & OPTION_ARG_OPTIONAL) && state->next >= state->argc)
				return wasm_bpf_scan_complain(
					scan, "option requires an argument -- '%c'", letter);
			else
				rest = real->flags & OPTION_ARG_OPTIONAL
					       ? NULL
					       : state->argv[state->next++];
			return wasm_bpf_scan_take(found, g, option, (char *)rest);
		}
	}
	return wasm_bpf_scan_complain(scan, "invalid option -- '%c'", letter);
}

/* Whether an earlier parser has a long option of this name. */
WASM_BPF_WEAK bool wasm_bpf_scan_shadowed(const struct wasm_bpf_scan *scan, int group,
					  const struct argp_option *option)
{
	int g;

	for (g = 0; g <= group; g++) {
		const struct argp_option *other = scan->groups[g].argp->options;

		for (; other && !wasm_bpf_option_ends(other) && other != option; other++)
			if (other->name && !(other->flags & OPTION_DOC) &&
			    !strcmp(other->name, option->name))
				return true;
	}
	return false;
}

/* The long option that `name` (of `length` bytes) means; its group, or -1: none, -2: several. */
WASM_BPF_WEAK int wasm_bpf_scan_find_long(const struct wasm_bpf_scan *scan, const char *name,
					  size_t length, const struct argp_option **found)
{
	int g, group = -1;

	for (g = 0; g < scan->count; g++) {
		const struct argp_option *option = scan->groups[g].argp->options;

		for (; option && !wasm_bpf_option_ends(option); option++) {
			const struct argp_option *real = wasm_bpf_scan_real(option);
			const struct argp_option *other;

			if (!option->name || (real->flags & OPTION_DOC) ||
			    strncmp(option->name, name, length) ||
			    wasm_bpf_scan_shadowed(scan, g, option))
				continue;
			if (!option->name[length]) {
				*found = option;
				return g;
			}
			if (group == -1) {
				*found = option;
				group = g;
				continue;
			}
			other = group < 0 ? NULL : wasm_bpf_scan_real(*found);
			if (!other || group != g || !other->arg != !real->arg ||
			    ((other->flags ^ real->flags) & OPTION_ARG_OPTIONAL) ||
			    ((*found)->key ? (*found)->key : other->key) !=
				    (option->key ? option->key : real->key))
				group = -2;
		}
	}
	return group;
}

WASM_BPF_WEAK int wasm_bpf_scan_ambiguous(struct wasm_bpf_scan *scan, const char *dashes,
					  const char *name, size_t length)
{
	int g;

	if (scan->state->flags & ARGP_NO_ERRS)
		return WASM_BPF_SCAN_ERROR;
	fprintf(stderr, "%s: option '%s%s' is ambiguous; possibilities:", scan->state->argv[0],
		dashes, name);
	for (g = 0; g < scan->count; g++) {
		const struct argp_option *option = scan->groups[g].argp->options;

		for (; option && !wasm_bpf_option_ends(option); option++)
			if (option->name && !(option->flags & OPTION_DOC) &&
			    !strncmp(option->name, name, length) &&
			    !wasm_bpf_scan_shadowed(scan, g, option))
				fprintf(stderr, " '%s%s'", dashes, option->name);
	}
	fputc('\n', stderr);
	return WASM_BPF_SCAN_ERROR;
}

WASM_BPF_WEAK bool wasm_bpf_scan_is_letter(const struct wasm_bpf_scan *scan, int letter)
{
	int g;

	for (g = 0; g < scan->count; g++) {
		const struct argp_option *option = scan->groups[g].argp->options;

		for (; option && !wasm_bpf_option_ends(option); option++)
			if (wasm_bpf_option_short(option) && option->key == letter)
				return true;
	}
	return false;
}

/* A word that begins with `dashes`: a long option, perhaps with =ARGUMENT. */
WASM_BPF_WEAK int wasm_bpf_scan_long(struct wasm_bpf_scan *scan, const char *dashes,
				     struct wasm_bpf_found *found)
{
	struct argp_state *state = scan->state;
	const char *name = state->argv[state->next] + strlen(dashes);
	size_t length = strcspn(name, "=");
	const struct argp_option *option = NULL, *real;
	char *arg = name[length] ? (char *)name + length + 1 : NULL;
	int group = wasm_bpf_scan_find_long(scan, name, length, &option);

	if (group == -1 && !dashes[1] && wasm_bpf_scan_is_letter(scan, name[0])) {
		scan->letters = name;
		return wasm_bpf_scan_letter(scan, found);
	}
	state->next++;
	if (group == -2)
		return wasm_bpf_scan_ambiguous(scan, dashes, name, length);
	if (group == -1)
		return wasm_bpf_scan_complain(scan, "unrecognized option '%s%s'", dashes, name);
	real = wasm_bpf_scan_real(option);
	if (arg && !real->arg)
		return wasm_bpf_scan_complain(scan, "option '%s%s' doesn't allow an argument",
					      dashes, option->name);
	if (real->arg && !arg && !(real->flags & OPTION_ARG_OPTIONAL)) {
		if (state->next >= state->argc)
			return wasm_bpf_scan_complain(scan, "option '%s%s' requires an argument",
						      dashes, option->name);
		arg = state->argv[state->next++];
	}
	wasm_bpf_scan_take(found, group, option, arg);
	found->name = option->name;
	return WASM_BPF_SCAN_OPTION;
}

/* Moves the options found behind the passed-over arguments in front of them. */
WASM_BPF_WEAK void wasm_bpf_scan_reorder(struct wasm_bpf_scan *scan)
{
	char **argv = scan->state->argv, *word;
	int moved = scan->state->next - scan->behind, i, j;

	for (i = 0; i < moved; i++) {
		word = argv[scan->behind + i];
		for (j = scan->behind + i; j > scan->skipped + i; j--)
			argv[j] = argv[j - 1];
		argv[scan->skipped + i] = word;
	}
	scan->skipped += moved;
	scan->behind = scan->state->next;
}

/* The next thing on the command line; state->next moves past it. */
WASM_BPF_WEAK int wasm_bpf_scan(struct wasm_bpf_scan *scan, struct wasm_bpf_found *found)
{
	struct argp_state *state = scan->state;
	bool in_order = state->flags & ARGP_IN_ORDER;
	bool stops = (state->flags & ARGP_NO_ARGS) || getenv("POSIXLY_CORRECT");
	const char *word;

	if (scan->letters)
		return wasm_bpf_scan_letter(scan, found);
	if (scan->behind > state->next)
		scan->behind = state->next;
	if (scan->skipped > state->next)
		scan->skipped = state->next;
	if (!in_order && !stops) {
		if (scan->skipped != scan->behind && scan->behind != state->next)
			wasm_bpf_scan_reorder(scan);
		else if (scan->behind != state->next)
			scan->skipped = state->next;
		while (state->next < state->argc &&
		       (state->argv[state->next][0] != '-' || !state->argv[state->next][1]))
			state->next++;
		scan->behind = state->next;
	}
	word = state->next < state->argc ? state->argv[state->next] : NULL;
	if (word && !strcmp(word, "--")) {
		state->next++;
		if (scan->skipped != scan->behind)
			wasm_bpf_scan_reorder(scan);
		else
			scan->skipped = state->next;
		scan->behind = state->argc;
		state->next = state->argc;
		word = NULL;
	}
	if (!word) {
		if (scan->skipped != scan->behind)
			state->next = scan->skipped;
		return WASM_BPF_SCAN_END;
	}
	if (word[0] != '-' || !word[1]) {
		if (!in_order)
			return WASM_BPF_SCAN_END;
		found->arg = state->argv[state->next++];
		return WASM_BPF_SCAN_ARGUMENT;
	}
	if (word[1] == '-')
		return wasm_bpf_scan_long(scan, "--", found);
	if ((state->flags & ARGP_LONG_ONLY) &&
	    (word[2] || !wasm_bpf_scan_is_letter(scan, word[1])))
		return wasm_bpf_scan_long(scan, "-", found);
	scan->letters = word + 1;
	return wasm_bpf_scan_letter(scan, found);
}

#ifdef __cplusplus
}
#endif

#endif
