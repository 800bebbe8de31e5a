/*
 * argp's interface: the tables that a program fills in, the keys that its
 * parser gets, and the functions that it may call.
 */
#ifndef WASM_BPF_ARGP_TYPES_H
#define WASM_BPF_ARGP_TYPES_H

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

#include <wasm_bpf/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef __error_t_defined
#define __error_t_defined 1
typedef int error_t;
#endif

/* One option, or a header (neither name nor key), or another name of the one before. */
struct argp_option {
	const char *name;
	int key; /* a printable character is the short option too */
	const char *arg;
	int flags;
	const char *doc;
	int group;
};

#define OPTION_ARG_OPTIONAL 0x1
#define OPTION_HIDDEN 0x2
#define OPTION_ALIAS 0x4
#define OPTION_DOC 0x8
#define OPTION_NO_USAGE 0x10
#define OPTION_NO_TRANS 0x20

struct argp;
struct argp_state;
struct argp_child;

typedef error_t (*argp_parser_t)(int key, char *arg, struct argp_state *state);

/* What a parser returns for a key that it does not know. */
#define ARGP_ERR_UNKNOWN E2BIG

#define ARGP_KEY_ARG 0
#define ARGP_KEY_ARGS 0x1000006
#define ARGP_KEY_END 0x1000001
#define ARGP_KEY_NO_ARGS 0x1000002
#define ARGP_KEY_INIT 0x1000003
#define ARGP_KEY_FINI 0x1000007
#define ARGP_KEY_SUCCESS 0x1000004
#define ARGP_KEY_ERROR 0x1000005

struct argp {
	const struct argp_option *options; /* ends with an all-zero entry */
	argp_parser_t parser;
	const char *args_doc; /* a line for each form of the arguments */
	const char *doc;      /* before the options, and after \v behind them */
	const struct argp_child *children;
	char *(*help_filter)(int key, const char *text, void *input);
	const char *argp_domain;
};

#define ARGP_KEY_HELP_PRE_DOC 0x2000001
#define ARGP_KEY_HELP_POST_DOC 0x2000002
#define ARGP_KEY_HELP_HEADER 0x2000003
#define ARGP_KEY_HELP_EXTRA 0x2000004
#define ARGP_KEY_HELP_DUP_ARGS_NOTE 0x2000005
#define ARGP_KEY_HELP_ARGS_DOC 0x2000006

struct argp_child {
	const struct argp *argp;
	int flags;
	const char *header;
	int group;
};

/* What a parser sees of the parsing. */
struct argp_state {
	const struct argp *root_argp;
	int argc;
	char **argv;
	int next; /* index of the next argument; may be changed */
	unsigned flags;
	unsigned arg_num;
	int quoted; /* index of the first argument after "--", or 0 */
	void *input;
	void **child_inputs;
	void *hook;
	char *name;
	FILE *err_stream;
	FILE *out_stream;
	void *pstate;
};

#define ARGP_PARSE_ARGV0 0x01
#define ARGP_NO_ERRS 0x02
#define ARGP_NO_ARGS 0x04
#define ARGP_IN_ORDER 0x08
#define ARGP_NO_HELP 0x10
#define ARGP_NO_EXIT 0x20
#define ARGP_LONG_ONLY 0x40
#define ARGP_SILENT (ARGP_NO_EXIT | ARGP_NO_ERRS | ARGP_NO_HELP)

#define ARGP_HELP_USAGE 0x01
#define ARGP_HELP_SHORT_USAGE 0x02
#define ARGP_HELP_SEE 0x04
#define ARGP_HELP_LONG 0x08
#define ARGP_HELP_PRE_DOC 0x10
#define ARGP_HELP_POST_DOC 0x20
#define ARGP_HELP_DOC (ARGP_HELP_PRE_DOC | ARGP_HELP_POST_DOC)
#define ARGP_HELP_BUG_ADDR 0x40
#define ARGP_HELP_LONG_ONLY 0x80
#define ARGP_HELP_EXIT_ERR 0x100
#define ARGP_HELP_EXIT_OK 0x200
#define ARGP_HELP_STD_ERR (ARGP_HELP_SEE | ARGP_HELP_EXIT_ERR)
#define ARGP_HELP_STD_USAGE (ARGP_HELP_SHORT_USAGE | ARGP_HELP_SEE | ARGP_HELP_EXIT_ERR)
#define ARGP_HELP_STD_HELP                                                                         \
	(ARGP_HELP_SHORT_USAGE | ARGP_HELP_LONG | ARGP_HELP_EXIT_OK | ARGP_HELP_DOC |              \
	 ARGP_HELP_BUG_ADDR)

/* A program defines these if it likes. */
extern WASM_BPF_VARIABLE const char *argp_program_version;
extern WASM_BPF_VARIABLE void (*argp_program_version_hook)(FILE *stream, struct argp_state *state);
extern WASM_BPF_VARIABLE const char *argp_program_bug_address;

/* The exit status after a wrong command line: EX_USAGE. */
WASM_BPF_VARIABLE error_t argp_err_exit_status = 64;

/*
 * Parses the command line. 0, or the error number of a parser; without
 * ARGP_NO_EXIT and the like, errors and --help end the program instead.
 */
error_t argp_parse(const struct argp *argp, int argc, char **argv, unsigned flags, int *arg_index,
		   void *input);

/* Prints what the ARGP_HELP_* flags say. */
void argp_help(const struct argp *argp, FILE *stream, unsigned flags, char *name);

/* The same from within a parser; ends the program if flags and state say so. */
void argp_state_help(const struct argp_state *state, FILE *stream, unsigned flags);

/* Prints the usage to stderr and ends the program with argp_err_exit_status. */
void argp_usage(const struct argp_state *state);

/* Prints a message about the command line and where help is, and ends the program. */
void argp_error(const struct argp_state *state, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Prints a message, with the error's text if `error` is not 0; ends the program if `status` is not 0. */
void argp_failure(const struct argp_state *state, int status, int error, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#ifdef __cplusplus
}
#endif

#endif
