/* Options of every kind, documentation, arguments in several forms; prints each key that it gets. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *argp_program_version = "options 0.1";
const char *argp_program_bug_address = "<someone@example.org>";
static const char doc[] =
	"Summarize something as a histogram.\n\n"
	"USAGE: options [--help] [-T] [-m] [--pidnss] [-P] [interval] [count] [-c CG]\n\n"
	"EXAMPLES:\n"
	"    options         # all of it\n"
	"    options 1 10    # print 1 second summaries, 10 times and a long line to be wrapped\n"
	"\v"
	"After the options, a text that is so long that it must be wrapped at the right margin.\n";

enum {
	PIDNSS = 1,
	LONGEST = 2,
	COLUMN_29 = 300,
	COLUMN_32,
	DEPTH,
	UPPER,
	LOWER,
};

static const struct argp_option options[] = {
	{ "timestamp", 'T', NULL, 0, "Include timestamp on output", 0 },
	{ "milliseconds", 'm', NULL, 0, "Millisecond histogram", 0 },
	{ "pidnss", PIDNSS, NULL, 0, "Print a histogram per PID namespace", 0 },
	{ "pids", 'P', NULL, 0, "Print a histogram per process ID", 0 },
	{ "pid", 'p', "PID", 0, "Trace this PID only", 0 },
	{ "perf-max-depth", DEPTH, "N", 0, "Begins as one that has a letter, and stands behind it", 0 },
	{ "ZEBRA", UPPER, NULL, 0, "Behind the next", 0 },
	{ "zebras", LOWER, NULL, 0, "Before the one above", 0 },
	{ "cgroup", 'c', "/sys/fs/cgroup/unified", 0, "Trace process in cgroup path", 0 },
	{ "verbose", 'v', NULL, 0, "Verbose debug output", 0 },
	{ "a-very-long-option-name-it-is", LONGEST, "ARGUMENT", 0,
	  "Its description begins on the next line and is long enough to be wrapped once or twice", 0 },
	{ "exactly-at-column29", COLUMN_29, NULL, 0, "one blank would not do", 0 },
	{ "exactly-at-column-32-x", COLUMN_32, NULL, 0, "three blanks", 0 },
	{ "optional", 'o', "WHAT", OPTION_ARG_OPTIONAL, "Optional argument", 0 },
	{ "output", 'O', "FILE", 0, "Output", 0 },
	{ "alias", 0, NULL, OPTION_ALIAS, NULL, 0 },
	{ "hidden", 'H', NULL, OPTION_HIDDEN, "You cannot see me", 0 },
	{ NULL, 'x', "N", 0, "Only a letter", 0 },
	{ NULL, 'h', NULL, OPTION_HIDDEN, "Show the full help", 0 },
	{ NULL, 0, NULL, 0, "A header of a group:", 7 },
	{ "seven", '7', NULL, 0, "In group seven", 0 },
	{ "Doc", 0, NULL, OPTION_DOC | OPTION_NO_USAGE, "A documentation entry", 8 },
	{ "  -z, --zed", 0, NULL, OPTION_DOC | OPTION_NO_USAGE, "Looks like an option", 8 },
	{},
};

static void on_argument(char *arg, struct argp_state *state)
{
	static int count;

	printf("argument %d %s next %d quoted %d number %u\n", count, arg, state->next,
	       state->quoted, state->arg_num);
	if (!strcmp(arg, "error"))
		argp_error(state, "bad thing: %s", arg);
	if (!strcmp(arg, "failure"))
		argp_failure(state, 3, 0, "cannot %s", arg);
	if (count++ > 2) {
		fprintf(stderr, "unrecognized positional argument: %s\n", arg);
		argp_usage(state);
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'h':
		argp_state_help(state, stderr, ARGP_HELP_STD_HELP);
		break;
	case 'p':
		if (atoi(arg) <= 0) {
			fprintf(stderr, "Invalid PID: %s\n", arg);
			argp_usage(state);
		}
		printf("pid %d\n", atoi(arg));
		break;
	case 'v':
	case 'T':
	case 'm':
	case 'P':
	case 'o':
	case 'O':
	case 'H':
	case 'x':
	case '7':
	case 'c':
	case PIDNSS:
	case LONGEST:
	case COLUMN_29:
	case COLUMN_32:
		printf("option %d %s next %d\n", key, arg ? arg : "(none)", state->next);
		break;
	case ARGP_KEY_ARG:
		if (!strcmp(arg, "unknown"))
			return ARGP_ERR_UNKNOWN;
		if (!strcmp(arg, "invalid"))
			return EINVAL;
		on_argument(arg, state);
		break;
	case ARGP_KEY_NO_ARGS:
		puts("no arguments");
		break;
	case ARGP_KEY_END:
		printf("end %u\n", state->arg_num);
		break;
	case ARGP_KEY_INIT:
		puts("start");
		break;
	case ARGP_KEY_FINI:
		puts("finish");
		break;
	case ARGP_KEY_SUCCESS:
		puts("success");
		break;
	case ARGP_KEY_ERROR:
		puts("error");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "[interval] [count]\nOTHER FORM\nTHIRD",
		.doc = doc,
	};
	int i, error;

	setvbuf(stdout, NULL, _IONBF, 0);
	error = argp_parse(&argp, argc, argv, 0, NULL, NULL);
	printf("result %d %d\n", error == EINVAL, error == 0);
	for (i = 1; i < argc; i++)
		printf("argv %s\n", argv[i]);
	return error ? 1 : 0;
}
