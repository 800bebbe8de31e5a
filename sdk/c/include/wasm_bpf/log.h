/*
 * libbpf_set_print(): the host keeps libbpf's lines (and the verifier's log);
 * after a call that may have logged, they are pulled and handed to the
 * program's print function, or to stderr as libbpf does without one.
 */
#ifndef WASM_BPF_LOG_H
#define WASM_BPF_LOG_H

#include <stdarg.h>
#include <stdio.h>
#include <wasm_bpf/error.h>
#include <wasm_bpf/import.h>

#ifdef __cplusplus
extern "C" {
#endif

enum libbpf_print_level {
	LIBBPF_WARN,
	LIBBPF_INFO,
	LIBBPF_DEBUG,
};

typedef int (*libbpf_print_fn_t)(enum libbpf_print_level level, const char *, va_list ap);

/* libbpf's own printer: warnings and information to stderr; LIBBPF_LOG_LEVEL as natively. */
WASM_BPF_WEAK int wasm_bpf_print_default(enum libbpf_print_level level, const char *format,
					 va_list args)
{
	const char *wanted = getenv("LIBBPF_LOG_LEVEL");
	enum libbpf_print_level most = LIBBPF_INFO;

	if (wanted && !strcmp(wanted, "warn"))
		most = LIBBPF_WARN;
	else if (wanted && !strcmp(wanted, "debug"))
		most = LIBBPF_DEBUG;
	return level > most ? 0 : (vfprintf)(stderr, format, args);
}

WASM_BPF_VARIABLE libbpf_print_fn_t wasm_bpf_printer = wasm_bpf_print_default;

/*
 * Sets the function that gets libbpf's messages; NULL: none are wanted.
 * Returns the one before.
 */
WASM_BPF_WEAK libbpf_print_fn_t libbpf_set_print(libbpf_print_fn_t fn)
{
	libbpf_print_fn_t before = wasm_bpf_printer;

	wasm_bpf_printer = fn;
	wasm_bpf_v1_log_level(fn ? LIBBPF_DEBUG : -1);
	return before;
}

/* Hands one message to the printer; errno survives, as in libbpf. */
__attribute__((weak, format(printf, 2, 3))) void wasm_bpf_print(enum libbpf_print_level level,
								const char *format, ...)
{
	int before = errno;
	va_list args;

	if (!wasm_bpf_printer)
		return;
	va_start(args, format);
	wasm_bpf_printer(level, format, args);
	va_end(args);
	errno = before;
}

/*
 * Hands over every line that the host holds; what does not fit into `room`
 * bytes is cut off. Whether there was a warning.
 */
WASM_BPF_WEAK bool wasm_bpf_log_hand_over(char *line, size_t room)
{
	uint32_t level = LIBBPF_WARN;
	bool warned = false;
	int length;

	while ((length = wasm_bpf_v1_log_read(line, room - 2, &level)) > 0) {
		size_t end = (size_t)length;

		if (end > room - 2) {
			end = room - 1;
			line[end - 1] = '\n';
		}
		line[end] = '\0';
		warned |= level == LIBBPF_WARN;
		wasm_bpf_print((enum libbpf_print_level)level, "%s", line);
	}
	return warned;
}

WASM_BPF_WEAK bool wasm_bpf_log_pull(void)
{
	char line[2048];

	return wasm_bpf_log_hand_over(line, sizeof(line));
}

/* The same after a load: the verifier's log is one line, which the host cuts to 1 MiB. */
WASM_BPF_WEAK bool wasm_bpf_log_pull_long(void)
{
	size_t room = (1 << 20) + 256;
	char *line = (char *)malloc(room);
	bool warned;

	if (!line)
		return wasm_bpf_log_pull();
	warned = wasm_bpf_log_hand_over(line, room);
	free(line);
	return warned;
}

/* What the runtime refuses, libbpf never sees: its reason, and the option that allows it. */
WASM_BPF_WEAK void wasm_bpf_log_refusal(void)
{
	char text[1024];
	int length;

	if (!wasm_bpf_printer)
		return; /* The runtime tells what was not asked for. */
	length = wasm_bpf_v1_error_text(text, sizeof(text));
	if (length > (int)sizeof(text))
		length = sizeof(text);
	if (length > 0)
		wasm_bpf_print(LIBBPF_WARN, "wasm-bpf: %.*s\n", length, text);
}

/* As wasm_bpf_result(), for an import that made libbpf log; `warned`: what the pull said. */
WASM_BPF_WEAK int wasm_bpf_result_after(int result, bool warned)
{
	if (!warned && (result == -1 || result == -13)) /* Linux's EPERM and EACCES */
		wasm_bpf_log_refusal();
	return wasm_bpf_result(result);
}

/* The same, with the pull. */
WASM_BPF_WEAK int wasm_bpf_result_logged(int result)
{
	return wasm_bpf_result_after(result, wasm_bpf_log_pull());
}

#ifdef __cplusplus
}
#endif

#endif
