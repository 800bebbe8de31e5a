/*
 * popen(): a guest cannot start processes, but the few commands that programs
 * of its kind ask are answered here, with what the module may see:
 *
 *   which NAME          where a program is
 *   ldd FILE            the libraries that an ELF file needs, and theirs
 *   ausyscall --dump    the host's system calls
 *   errno NAME          Linux's number of an error
 *
 * Every other command is ENOSYS. <stdio.h> includes this.
 */
#ifndef WASM_BPF_COMMAND_H
#define WASM_BPF_COMMAND_H

#include <stdio.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <wasm_bpf/command_ldd.h>
#include <wasm_bpf/command_which.h>
#include <wasm_bpf/error_names.h>
#include <wasm_bpf/import.h>
#include <wasm_bpf/syscall_names.h>

#ifdef __cplusplus
extern "C" {
#endif

/* <stdio.h> declares these for programs that ask for more than ISO C. */
FILE *fmemopen(void *__restrict buffer, size_t size, const char *__restrict mode);
FILE *open_memstream(char **text, size_t *size);

/* Of the headers above, which may be including this file. */
__attribute__((weak)) int wasm_bpf_command_which(FILE *out, const char *name);
__attribute__((weak)) int wasm_bpf_command_ldd(FILE *out, const char *path);

/* As ausyscall(8) lists them. What a command returns is its exit status. */
__attribute__((weak)) int wasm_bpf_command_ausyscall(FILE *out, const char *option)
{
	char machine[65] = "";
	unsigned number;

	if (strcmp(option, "--dump"))
		return 1;
	wasm_bpf_v1_system_name(4, machine, sizeof(machine) - 1);
	fprintf(out, "Using %s syscall table:\n", machine);
	for (number = 0; number < 512; number++) {
		const char *name = wasm_bpf_syscall_name(machine, number);

		if (name)
			fprintf(out, "%u\t%s\n", number, name);
	}
	return 0;
}

/*
 * As errno(1), without the text, and with two spaces in front of the number:
 * the program known to read this looks for it behind two characters.
 */
__attribute__((weak)) int wasm_bpf_command_errno(FILE *out, const char *name)
{
	int number = wasm_bpf_error_by_name(name);

	if (!number)
		return 1;
	fprintf(out, "%s  %d\n", name, number);
	return 0;
}

/* A command that was answered, from popen() to pclose(). */
struct wasm_bpf_command {
	struct wasm_bpf_command *next;
	FILE *stream;
	int status;
};

__attribute__((weak)) struct wasm_bpf_command *wasm_bpf_commands = NULL;

/* The next word of a command that has no quotes and the like; empty at its end. */
__attribute__((weak)) char *wasm_bpf_command_word(char **rest)
{
	char *word = *rest + strspn(*rest, " \t"), *end = word + strcspn(word, " \t");

	*rest = end;
	if (*end) {
		*end = '\0';
		(*rest)++;
	}
	return word;
}

/* Answers `words`, which is overwritten; -1 and ENOSYS for what is not known. */
__attribute__((weak)) int wasm_bpf_command_run(char *words, FILE *out)
{
	static const char hidden[] = "2>/dev/null";
	char *errors = strstr(words, hidden), *name, *argument;

	if (errors)
		memset(errors, ' ', sizeof(hidden) - 1);
	name = wasm_bpf_command_word(&words);
	argument = wasm_bpf_command_word(&words);
	if (!strpbrk(argument, "|&;<>()$`\\\"'*?[#~") && !words[strspn(words, " \t")]) {
		if (!strcmp(name, "which"))
			return wasm_bpf_command_which(out, argument);
		if (!strcmp(name, "ldd"))
			return wasm_bpf_command_ldd(out, argument);
		if (!strcmp(name, "ausyscall"))
			return wasm_bpf_command_ausyscall(out, argument);
		if (!strcmp(name, "errno"))
			return wasm_bpf_command_errno(out, argument);
	}
	errno = ENOSYS;
	return -1;
}

/* Makes a stream to read what was written to `text`. */
__attribute__((weak)) FILE *wasm_bpf_command_stream(const char *text, size_t size)
{
	FILE *stream = fmemopen(NULL, size + 1, "w+");

	if (stream) {
		fwrite(text, 1, size, stream);
		rewind(stream);
	}
	return stream;
}

/* A stream with what the command prints; NULL and ENOSYS for one that cannot be run. */
__attribute__((weak)) FILE *popen(const char *command, const char *mode)
{
	struct wasm_bpf_command *answered = (struct wasm_bpf_command *)calloc(1, sizeof(*answered));
	char *words = strdup(command), *text = NULL;
	size_t size = 0;
	FILE *out = answered && words ? open_memstream(&text, &size) : NULL;
	int status = -1;

	if (out) {
		errno = ENOSYS;
		if (*mode == 'r')
			status = wasm_bpf_command_run(words, out);
		fclose(out);
	}
	if (status >= 0)
		answered->stream = wasm_bpf_command_stream(text, size);
	free(text);
	free(words);
	if (!answered || !answered->stream) {
		free(answered);
		return NULL;
	}
	answered->status = status << 8;
	answered->next = wasm_bpf_commands;
	wasm_bpf_commands = answered;
	return answered->stream;
}

/* The command's status, as wait() gives it; -1 and ECHILD for a stream that is none of popen()'s. */
__attribute__((weak)) int pclose(FILE *stream)
{
	struct wasm_bpf_command **at, *answered;
	int status;

	for (at = &wasm_bpf_commands; (answered = *at); at = &answered->next) {
		if (answered->stream != stream)
			continue;
		*at = answered->next;
		status = answered->status;
		free(answered);
		fclose(stream);
		return status;
	}
	errno = ECHILD;
	return -1;
}

#ifdef __cplusplus
}
#endif

#endif
