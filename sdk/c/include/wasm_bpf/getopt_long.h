/*
 * getopt_long() and getopt_long_only() as glibc has them, with abbreviated
 * names. <getopt.h> includes this.
 */
#ifndef WASM_BPF_GETOPT_LONG_H
#define WASM_BPF_GETOPT_LONG_H

#include <getopt.h>

#include <wasm_bpf/getopt.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Whether two long options do the same. */
__attribute__((weak)) bool wasm_bpf_getopt_same(const struct option *one, const struct option *other)
{
	return one->has_arg == other->has_arg && one->flag == other->flag && one->val == other->val;
}

/* The long option that is meant by the first `length` bytes of a text; NULL if it is not one, or more than one. */
__attribute__((weak)) const struct option *
wasm_bpf_getopt_find(const struct wasm_bpf_getopt *self, const char *text, size_t length, bool *ambiguous)
{
	const struct option *option, *found = NULL;

	*ambiguous = false;
	for (option = self->longs; option->name; option++) {
		if (strncmp(option->name, text, length))
			continue;
		if (strlen(option->name) == length) {
			*ambiguous = false;
			return option;
		}
		if (!found)
			found = option;
		else if (self->only || !wasm_bpf_getopt_same(found, option))
			*ambiguous = true;
	}
	return *ambiguous ? NULL : found;
}

/* A long option: what follows `dashes`. */
__attribute__((weak)) int wasm_bpf_getopt_long(struct wasm_bpf_getopt *self, const char *dashes, int *index)
{
	char *text = self->next, *equals = text + strcspn(text, "=");
	const struct option *option, *other;
	bool ambiguous;

	option = wasm_bpf_getopt_find(self, text, (size_t)(equals - text), &ambiguous);
	/* After one dash, what is no long option may be short ones. */
	if (!option && !ambiguous && *dashes && !dashes[1] && strchr(self->shorts, *text))
		return wasm_bpf_getopt_short(self);
	self->next = NULL;
	optind++;
	if (!option) {
		if (!self->quiet && ambiguous) {
			fprintf(stderr, "%s: option '%s%s' is ambiguous; possibilities:", self->argv[0], dashes, text);
			for (other = self->longs; other->name; other++)
				if (!strncmp(other->name, text, (size_t)(equals - text)))
					fprintf(stderr, " '%s%s'", dashes, other->name);
			fputs("\n", stderr);
		} else if (!self->quiet) {
			fprintf(stderr, "%s: unrecognized option '%s%s'\n", self->argv[0], dashes, text);
		}
		optopt = 0;
		return '?';
	}
	if (*equals && !option->has_arg) {
		if (!self->quiet)
			fprintf(stderr, "%s: option '%s%s' doesn't allow an argument\n", self->argv[0], dashes,
				option->name);
		optopt = option->val;
		return '?';
	}
	if (*equals)
		optarg = equals + 1;
	else if (option->has_arg == required_argument && !(optarg = wasm_bpf_getopt_argument(self))) {
		if (!self->quiet)
			fprintf(stderr, "%s: option '%s%s' requires an argument\n", self->argv[0], dashes, option->name);
		optopt = option->val;
		return wasm_bpf_getopt_missing(self);
	}
	if (index)
		*index = (int)(option - self->longs);
	if (!option->flag)
		return option->val;
	*option->flag = option->val;
	return 0;
}

__attribute__((weak)) int wasm_bpf_getopt_with(int argc, char *const *argv, const char *shorts,
					       const struct option *longs, int *index, bool only)
{
	wasm_bpf_getopt.parse_long = wasm_bpf_getopt_long;
	wasm_bpf_getopt.longs = longs;
	wasm_bpf_getopt.only = only;
	return wasm_bpf_getopt_next(argc, argv, shorts, index);
}

__attribute__((weak)) int getopt_long(int argc, char *const *argv, const char *shorts,
				      const struct option *longs, int *index)
{
	return wasm_bpf_getopt_with(argc, argv, shorts, longs, index, false);
}

__attribute__((weak)) int getopt_long_only(int argc, char *const *argv, const char *shorts,
					   const struct option *longs, int *index)
{
	return wasm_bpf_getopt_with(argc, argv, shorts, longs, index, true);
}

#ifdef __cplusplus
}
#endif

#endif
