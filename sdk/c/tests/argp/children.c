/* Child parsers with headers, groups and shadowed options; a help filter; the flags of argp_parse() from $FLAGS. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *filter(int key, const char *text, void *input)
{
	(void)input;
	if (key == ARGP_KEY_HELP_EXTRA)
		return strdup("Extra text from the filter.");
	return (char *)text;
}

static error_t parse_child(int key, char *arg, struct argp_state *state)
{
	const char *input = state->input;

	switch (key) {
	case 'k':
	case 'K':
		printf("child %c %s input %s\n", key, arg ? arg : "-", input);
		return 0;
	case ARGP_KEY_INIT:
		printf("child starts %s\n", input ? input : "without input");
		return 0;
	case ARGP_KEY_END:
		puts("child ends");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option first_options[] = {
	{ "kid", 'k', "K", 0, "Child's option", 0 },
	{ "other-kid", 'K', NULL, 0, "Another", 0 },
	{},
};
static const struct argp first = {
	first_options, parse_child, "CHILDARG", "Child doc.\vChild post doc.", NULL, NULL, NULL,
};

static const struct argp_option second_options[] = {
	{ "zebra", 'z', NULL, 0, "Not handled", 0 },
	{ "apple", 'a', NULL, 0, "Shadowed a", 0 },
	{},
};
static const struct argp second = { second_options, parse_child, NULL, NULL, NULL, NULL, NULL };

static const struct argp_option third_options[] = {
	{ "inline", 'i', NULL, 0, "Inline child", 0 },
	{},
};
static const struct argp third = { third_options, parse_child, NULL, NULL, NULL, NULL, NULL };

static const struct argp_child children[] = {
	{ &first, 0, "Options of the child:", 0 },
	{ &second, 0, "Second", 3 },
	{ &third, 0, NULL, 0 },
	{},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'a':
	case 'B':
	case 1000:
		printf("parent %d %s\n", key, arg ? arg : "-");
		return 0;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = (void *)"for the child";
		puts("parent starts");
		return 0;
	case ARGP_KEY_ARGS:
		printf("arguments from %d of %d\n", state->next, state->argc);
		return 0;
	case ARGP_KEY_END:
		puts("parent ends");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "alpha", 'a', NULL, 0, "Parent's a", 0 },
	{ "Beta", 'B', "BYTES", OPTION_ARG_OPTIONAL, "Parent's B", 0 },
	{ "betamax", 1000, "N", 0, NULL, 0 },
	{ NULL, 0, NULL, 0, "Negative group:", -2 },
	{ "minus", 1001, NULL, 0, "In the negative group", 0 },
	{},
};

int main(int argc, char **argv)
{
	static const struct argp argp = {
		options, parse, "FILE...", "Parent doc", children, filter, NULL,
	};
	const char *flags = getenv("FLAGS");
	int error, index = -1;

	setvbuf(stdout, NULL, _IONBF, 0);
	error = argp_parse(&argp, argc, argv, flags ? atoi(flags) : 0, &index, (void *)"input");
	printf("result %d %d, index %d\n", !error, error == EINVAL, index);
	return 0;
}
