/*
 * getopt() as glibc has it: its messages, and options behind other arguments.
 * <unistd.h> includes this; wasm_bpf/getopt_long.h has the long forms.
 */
#ifndef WASM_BPF_GETOPT_H
#define WASM_BPF_GETOPT_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* In the place of the C library's, whose own functions would come with them. */
__attribute__((weak)) char *optarg = NULL;
__attribute__((weak)) int optind = 1, opterr = 1, optopt = '?';

struct option;

/* One parser at a time, as natively. */
struct wasm_bpf_getopt {
	char **argv;
	/* What is left of a group of short options. */
	char *next;
	/* Other arguments that were passed over: from `first` to before `last`. They change places with the options behind them. */
	int first, last;
	int argc;
	/* '+': stop at other arguments, '-': return them, 0: go on behind them. */
	char order;
	bool quiet, only;
	const char *shorts;
	/* For long options: what parses one, and their table. */
	int (*parse_long)(struct wasm_bpf_getopt *self, const char *dashes, int *index);
	const struct option *longs;
};

__attribute__((weak)) struct wasm_bpf_getopt wasm_bpf_getopt;

/* Moves the options that were seen since before the other arguments that were passed over. */
__attribute__((weak)) void wasm_bpf_getopt_exchange(struct wasm_bpf_getopt *self)
{
	for (; self->last < optind; self->first++, self->last++) {
		char **first = self->argv + self->first, *moved = self->argv[self->last];

		memmove(first + 1, first, (size_t)(self->last - self->first) * sizeof(*first));
		*first = moved;
	}
}

/* The option's argument that is an argument of its own: NULL if there is none. */
__attribute__((weak)) char *wasm_bpf_getopt_argument(const struct wasm_bpf_getopt *self)
{
	return optind < self->argc ? self->argv[optind++] : NULL;
}

/* What a missing argument gives. */
__attribute__((weak)) int wasm_bpf_getopt_missing(const struct wasm_bpf_getopt *self)
{
	return *self->shorts == ':' ? ':' : '?';
}

/* A short option, the next of its group. */
__attribute__((weak)) int wasm_bpf_getopt_short(struct wasm_bpf_getopt *self)
{
	char letter = *self->next++;
	const char *known = letter == ':' || letter == ';' ? NULL : strchr(self->shorts, letter);

	if (!*self->next)
		optind++;
	if (!known) {
		if (!self->quiet)
			fprintf(stderr, "%s: invalid option -- '%c'\n", self->argv[0], letter);
		optopt = letter;
		return '?';
	}
	if (known[1] != ':')
		return letter;
	if (*self->next) {
		optarg = self->next;
		optind++;
	} else if (known[2] != ':') {
		optarg = wasm_bpf_getopt_argument(self);
		if (!optarg) {
			if (!self->quiet)
				fprintf(stderr, "%s: option requires an argument -- '%c'\n", self->argv[0], letter);
			optopt = letter;
			letter = (char)wasm_bpf_getopt_missing(self);
		}
	}
	self->next = NULL;
	return letter;
}

/* Whether an argument is an option; "-" is none. */
__attribute__((weak)) bool wasm_bpf_getopt_is_option(const char *argument)
{
	return argument[0] == '-' && argument[1];
}

/* The next option, by what of `wasm_bpf_getopt` says how long ones are parsed. */
__attribute__((weak)) int wasm_bpf_getopt_next(int argc, char *const argv[], const char *shorts, int *index)
{
	struct wasm_bpf_getopt *self = &wasm_bpf_getopt;

	optarg = NULL;
	if (!optind) {
		optind = 1;
		self->argv = NULL;
	}
	if (self->argv != (char **)argv) {
		self->argv = (char **)argv;
		self->next = NULL;
		self->first = self->last = optind;
	}
	self->argc = argc;
	self->order = *shorts == '+' || *shorts == '-' ? *shorts++ : 0;
	if (!self->order && getenv("POSIXLY_CORRECT"))
		self->order = '+';
	self->shorts = shorts;
	self->quiet = !opterr || *shorts == ':';
	if (self->next && *self->next)
		return wasm_bpf_getopt_short(self);

	if (!self->order) {
		if (self->first != self->last)
			wasm_bpf_getopt_exchange(self);
		else
			self->first = optind;
		while (optind < argc && !wasm_bpf_getopt_is_option(argv[optind]))
			optind++;
		self->last = optind;
	}
	if (optind < argc && !strcmp(argv[optind], "--")) {
		optind++;
		if (self->first != self->last)
			wasm_bpf_getopt_exchange(self);
		else
			self->first = optind;
		self->last = optind = argc;
	}
	if (optind >= argc) {
		if (self->first != self->last)
			optind = self->first;
		return -1;
	}
	if (!wasm_bpf_getopt_is_option(argv[optind])) {
		if (self->order == '+')
			return -1;
		optarg = argv[optind++];
		return 1;
	}
	self->next = argv[optind] + 1;
	if (self->parse_long && *self->next == '-') {
		self->next++;
		return self->parse_long(self, "--", index);
	}
	if (self->parse_long && self->only && (self->next[1] || !strchr(shorts, *self->next)))
		return self->parse_long(self, "-", index);
	return wasm_bpf_getopt_short(self);
}

__attribute__((weak)) int getopt(int argc, char *const argv[], const char *shorts)
{
	wasm_bpf_getopt.parse_long = NULL;
	return wasm_bpf_getopt_next(argc, argv, shorts, NULL);
}

#ifdef __cplusplus
}
#endif

#endif
