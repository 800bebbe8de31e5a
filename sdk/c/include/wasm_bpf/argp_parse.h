/*
 * argp_parse(): walks the command line and calls the parsers, the root's first
 * and its children's after it, in glibc's order and with its keys.
 */
#ifndef WASM_BPF_ARGP_PARSE_H
#define WASM_BPF_ARGP_PARSE_H

#include <wasm_bpf/argp_help.h>
#include <wasm_bpf/argp_scan.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Keys of the options that every program has. */
enum {
	WASM_BPF_ARGP_PROGRAM_NAME = -2,
	WASM_BPF_ARGP_USAGE = -3,
	WASM_BPF_ARGP_HANG = -4,
};

/* --help, --usage and their like. */
WASM_BPF_WEAK error_t wasm_bpf_argp_common(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case '?':
		argp_state_help(state, state->out_stream, ARGP_HELP_STD_HELP);
		return 0;
	case WASM_BPF_ARGP_USAGE:
		argp_state_help(state, state->out_stream, ARGP_HELP_USAGE | ARGP_HELP_EXIT_OK);
		return 0;
	case WASM_BPF_ARGP_PROGRAM_NAME:
		state->name = strrchr(arg, '/') ? strrchr(arg, '/') + 1 : arg;
		if ((state->flags & (ARGP_PARSE_ARGV0 | ARGP_NO_ERRS)) == ARGP_PARSE_ARGV0)
			state->argv[0] = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* --version. */
WASM_BPF_WEAK error_t wasm_bpf_argp_version(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	if (key != 'V')
		return ARGP_ERR_UNKNOWN;
	if (&argp_program_version_hook && argp_program_version_hook)
		argp_program_version_hook(state->out_stream, state);
	else
		fprintf(state->out_stream, "%s\n", argp_program_version);
	if (!(state->flags & ARGP_NO_EXIT))
		exit(0);
	return 0;
}

WASM_BPF_WEAK error_t wasm_bpf_argp_call(struct wasm_bpf_scan *scan, int index, int key, char *arg)
{
	struct wasm_bpf_group *group = &scan->groups[index];
	error_t error;

	if (!group->parser)
		return ARGP_ERR_UNKNOWN;
	scan->state->hook = group->hook;
	scan->state->input = group->input;
	scan->state->child_inputs = group->child_inputs;
	scan->state->arg_num = group->processed;
	error = group->parser(key, arg, scan->state);
	group->hook = scan->state->hook;
	return error;
}

/* The input of a parser in the tree, for its help_filter. */
WASM_BPF_WEAK void *wasm_bpf_argp_input(const struct argp *argp, const struct argp_state *state)
{
	const struct wasm_bpf_scan *scan = state ? (struct wasm_bpf_scan *)state->pstate : NULL;
	int g;

	for (g = 0; scan && g < scan->count; g++)
		if (scan->groups[g].argp == argp)
			return scan->groups[g].input;
	return NULL;
}

/* Lists the parsers of the tree. 0 or ENOMEM. */
WASM_BPF_WEAK error_t wasm_bpf_argp_collect(struct wasm_bpf_scan *scan, const struct argp *argp,
					    int parent, int nth)
{
	const struct argp_child *child;
	struct wasm_bpf_group *group;
	int index = parent, children = 0;
	error_t error = 0;

	if (argp->options || argp->parser) {
		group = (struct wasm_bpf_group *)realloc(
			scan->groups, ((size_t)scan->count + 1) * sizeof(*group));
		if (!group)
			return ENOMEM;
		scan->groups = group;
		index = scan->count++;
		group += index;
		memset(group, 0, sizeof(*group));
		group->argp = argp;
		group->parser = argp->parser;
		group->parent = parent;
		group->nth = nth;
		for (child = argp->children; child && child->argp; child++)
			children++;
		group->child_inputs = (void **)calloc((size_t)children + 1, sizeof(void *));
		if (!group->child_inputs)
			return ENOMEM;
	}
	for (child = argp->children; child && child->argp && !error; child++)
		error = wasm_bpf_argp_collect(scan, child->argp,
					      index, (int)(child - argp->children));
	return error;
}

/* Tells every parser that it starts; a parent may give its children inputs. */
WASM_BPF_WEAK error_t wasm_bpf_argp_start(struct wasm_bpf_scan *scan, void *input)
{
	error_t error = 0;
	int g;

	if (scan->count)
		scan->groups[0].input = input;
	for (g = 0; g < scan->count && !error; g++) {
		struct wasm_bpf_group *group = &scan->groups[g];

		if (group->parent >= 0)
			group->input = scan->groups[group->parent].child_inputs[group->nth];
		if (!group->parser && group->argp->children && group->argp->children->argp)
			group->child_inputs[0] = group->input;
		error = wasm_bpf_argp_call(scan, g, ARGP_KEY_INIT, NULL);
		if (error == ARGP_ERR_UNKNOWN)
			error = 0;
	}
	return error;
}

/* An argument that is no option: each parser may take it, or all that are left. */
WASM_BPF_WEAK error_t wasm_bpf_argp_argument(struct wasm_bpf_scan *scan, char *arg,
					     bool *try_options)
{
	struct argp_state *state = scan->state;
	int index = --state->next, g, key = ARGP_KEY_ARG;
	error_t error = ARGP_ERR_UNKNOWN;

	for (g = 0; g < scan->count && error == ARGP_ERR_UNKNOWN; g++) {
		state->next++;
		key = ARGP_KEY_ARG;
		error = wasm_bpf_argp_call(scan, g, key, arg);
		if (error == ARGP_ERR_UNKNOWN) {
			state->next--;
			key = ARGP_KEY_ARGS;
			error = wasm_bpf_argp_call(scan, g, key, NULL);
		}
	}
	if (error)
		return error;
	if (key == ARGP_KEY_ARGS && state->next == index)
		state->next = state->argc;
	if (state->next > index)
		scan->groups[g - 1].processed += (unsigned)(state->next - index);
	else
		*try_options = true;
	return 0;
}

/* The parser's table has the option, but its function does not. */
WASM_BPF_WEAK void wasm_bpf_argp_unhandled(const struct argp_state *state,
					   const struct wasm_bpf_found *found)
{
	static const char message[] = "(PROGRAM ERROR) Option should have been recognized!?";

	if (found->name)
		argp_error(state, "--%s: %s", found->name, message);
	else
		argp_error(state, "-%c: %s", found->key, message);
}

/* One step along the command line; ARGP_ERR_UNKNOWN at its end, then *ended is set. */
WASM_BPF_WEAK error_t wasm_bpf_argp_step(struct wasm_bpf_scan *scan, bool *try_options, bool *ended)
{
	struct argp_state *state = scan->state;
	struct wasm_bpf_found found = {0, 0, NULL, NULL};
	int what = WASM_BPF_SCAN_END;
	error_t error;

	if (state->quoted && state->next < state->quoted)
		state->quoted = 0;
	if (*try_options && !state->quoted) {
		what = wasm_bpf_scan(scan, &found);
		if (what == WASM_BPF_SCAN_END) {
			*try_options = false;
			if (state->next > 1 && !strcmp(state->argv[state->next - 1], "--"))
				state->quoted = state->next;
		} else if (what == WASM_BPF_SCAN_ERROR) {
			*ended = false;
			return ARGP_ERR_UNKNOWN;
		}
	}
	if (what == WASM_BPF_SCAN_END) {
		if (state->next >= state->argc || (state->flags & ARGP_NO_ARGS)) {
			*ended = true;
			return ARGP_ERR_UNKNOWN;
		}
		what = WASM_BPF_SCAN_ARGUMENT;
		found.arg = state->argv[state->next++];
	}
	if (what == WASM_BPF_SCAN_ARGUMENT) {
		error = wasm_bpf_argp_argument(scan, found.arg, try_options);
		*ended = error == ARGP_ERR_UNKNOWN;
		return error;
	}
	error = wasm_bpf_argp_call(scan, found.group, found.key, found.arg);
	*ended = false;
	if (error == ARGP_ERR_UNKNOWN)
		wasm_bpf_argp_unhandled(state, &found);
	return error;
}

/* After the last argument: tell the parsers, and the user what is wrong. */
WASM_BPF_WEAK error_t wasm_bpf_argp_finish(struct wasm_bpf_scan *scan, error_t error, bool ended,
					   int *end_index)
{
	struct argp_state *state = scan->state;
	int g;

	if (error == ARGP_ERR_UNKNOWN && ended)
		error = 0;
	if (!error && state->next == state->argc) {
		for (g = 0; g < scan->count && (!error || error == ARGP_ERR_UNKNOWN); g++)
			if (!scan->groups[g].processed)
				error = wasm_bpf_argp_call(scan, g, ARGP_KEY_NO_ARGS, NULL);
		for (g = scan->count - 1; g >= 0 && (!error || error == ARGP_ERR_UNKNOWN); g--)
			error = wasm_bpf_argp_call(scan, g, ARGP_KEY_END, NULL);
		if (error == ARGP_ERR_UNKNOWN)
			error = 0;
		if (end_index)
			*end_index = state->next;
	} else if (!error && end_index) {
		*end_index = state->next;
	} else if (!error) {
		if (!(state->flags & ARGP_NO_ERRS) && state->err_stream)
			fprintf(state->err_stream, "%s: Too many arguments\n", state->name);
		error = ARGP_ERR_UNKNOWN;
	}
	if (error) {
		if (error == ARGP_ERR_UNKNOWN)
			argp_state_help(state, state->err_stream, ARGP_HELP_STD_ERR);
		for (g = 0; g < scan->count; g++)
			wasm_bpf_argp_call(scan, g, ARGP_KEY_ERROR, NULL);
	} else {
		for (g = scan->count - 1; g >= 0 && (!error || error == ARGP_ERR_UNKNOWN); g--)
			error = wasm_bpf_argp_call(scan, g, ARGP_KEY_SUCCESS, NULL);
		if (error == ARGP_ERR_UNKNOWN)
			error = 0;
	}
	for (g = scan->count - 1; g >= 0; g--)
		wasm_bpf_argp_call(scan, g, ARGP_KEY_FINI, NULL);
	return error == ARGP_ERR_UNKNOWN ? EINVAL : error;
}

WASM_BPF_WEAK error_t argp_parse(const struct argp *argp, int argc, char **argv, unsigned flags,
				 int *arg_index, void *input)
{
	static const struct argp_option common[] = {
		{"help", '?', NULL, 0, "Give this help list", -1},
		{"usage", WASM_BPF_ARGP_USAGE, NULL, 0, "Give a short usage message", 0},
		{"program-name", WASM_BPF_ARGP_PROGRAM_NAME, "NAME", OPTION_HIDDEN,
		 "Set the program name", 0},
		{NULL, 0, NULL, 0, NULL, 0},
	};
	static const struct argp_option version[] = {
		{"version", 'V', NULL, 0, "Print program version", -1},
		{NULL, 0, NULL, 0, NULL, 0},
	};
	const struct argp common_argp = {common, wasm_bpf_argp_common, NULL, NULL, NULL, NULL, NULL};
	const struct argp version_argp = {version, wasm_bpf_argp_version, NULL, NULL,
					  NULL,	   NULL,		  NULL};
	struct argp_child children[4];
	struct argp top = {NULL, NULL, NULL, NULL, children, NULL, NULL};
	bool has_version = (&argp_program_version && argp_program_version) ||
			   (&argp_program_version_hook && argp_program_version_hook);
	bool try_options = true, ended = false;
	struct wasm_bpf_scan scan;
	struct argp_state state;
	error_t error;
	int used = 0;

	memset(&scan, 0, sizeof(scan));
	memset(&state, 0, sizeof(state));
	memset(children, 0, sizeof(children));
	if (!(flags & ARGP_NO_HELP)) {
		if (argp)
			children[used++].argp = argp;
		children[used++].argp = &common_argp;
		if (has_version)
			children[used++].argp = &version_argp;
		argp = &top;
	}
	state.root_argp = argp;
	state.argc = argc;
	state.argv = argv;
	state.flags = flags;
	state.next = 1; /* glibc's getopt skips argv[0] with ARGP_PARSE_ARGV0, too */
	state.err_stream = stderr;
	state.out_stream = stdout;
	state.pstate = &scan;
	if (argv[0] && !(flags & ARGP_PARSE_ARGV0))
		state.name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	else
		state.name = *wasm_bpf_invocation_short_name();
	scan.state = &state;
	scan.skipped = scan.behind = state.next;

	error = argp ? wasm_bpf_argp_collect(&scan, argp, -1, 0) : 0;
	if (!error)
		error = wasm_bpf_argp_start(&scan, input);
	if (!error) {
		while (!error)
			error = wasm_bpf_argp_step(&scan, &try_options, &ended);
		error = wasm_bpf_argp_finish(&scan, error, ended, arg_index);
	}
	while (scan.count)
		free(scan.groups[--scan.count].child_inputs);
	free(scan.groups);
	return error;
}

#ifdef __cplusplus
}
#endif

#endif
