/*
 * Text with margins for argp's help: lines are broken at blanks before the
 * right margin; every line starts at the left margin, every broken one at the
 * wrap margin. Text is laid out when a margin changes or the column is asked
 * for, so that what was written in one go is broken as one.
 */
#ifndef WASM_BPF_ARGP_TEXT_H
#define WASM_BPF_ARGP_TEXT_H

#include <stdarg.h>
#include <stdio.h>

#include <wasm_bpf/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Columns of argp's layout: glibc's defaults. */
enum {
	WASM_BPF_ARGP_SHORT_COLUMN = 2,
	WASM_BPF_ARGP_LONG_COLUMN = 6,
	WASM_BPF_ARGP_DOC_OPTION_COLUMN = 2,
	WASM_BPF_ARGP_DOC_COLUMN = 29,
	WASM_BPF_ARGP_HEADER_COLUMN = 1,
	WASM_BPF_ARGP_USAGE_INDENT = 12,
	WASM_BPF_ARGP_RIGHT_MARGIN = 79,
};

struct wasm_bpf_text {
	FILE *stream;
	size_t left, wrap; /* margins */
	int column;	   /* -1: at the start of a broken line that takes no left margin */
	char *pending;
	size_t length;
};

WASM_BPF_WEAK void wasm_bpf_text_spaces(struct wasm_bpf_text *text, size_t count)
{
	while (count--)
		putc(' ', text->stream);
}

/* Where a line that is too long is broken. */
struct wasm_bpf_break {
	const char *end;  /* the line's end in front of the blanks, or NULL: it is not broken */
	const char *next; /* what the next line begins with */
};

/* Finds it: the last blank that still fits, else the end of an overlong word. */
WASM_BPF_WEAK struct wasm_bpf_break wasm_bpf_text_break(const char *at, const char *line_end,
							size_t room)
{
	struct wasm_bpf_break found = {NULL, NULL};
	const char *p = at + room;

	while (p >= at && *p != ' ' && *p != '\t')
		p--;
	if (p >= at) {
		found.next = p + 1;
		while (p >= at && (*p == ' ' || *p == '\t'))
			p--;
		found.end = p + 1;
		return found;
	}
	for (p = at + room; p < line_end && *p != ' ' && *p != '\t'; p++)
		;
	if (p == line_end)
		return found;
	found.end = p;
	while (*p == ' ' || *p == '\t')
		p++;
	found.next = p;
	return found;
}

/* Lays out and writes what is pending. */
WASM_BPF_WEAK void wasm_bpf_text_flush(struct wasm_bpf_text *text)
{
	const char *at = text->pending, *end = text->pending + text->length;
	const size_t right = WASM_BPF_ARGP_RIGHT_MARGIN;

	while (at < end) {
		const char *line = (const char *)memchr(at, '\n', (size_t)(end - at));
		const char *line_end = line ? line : end;
		struct wasm_bpf_break place = {NULL, NULL};
		bool too_long;

		if (text->column == 0 && text->left) {
			wasm_bpf_text_spaces(text, text->left);
			text->column = (int)text->left;
		}
		if (text->column < 0)
			text->column = 0;
		too_long = (size_t)text->column + (size_t)(line_end - at) >= right;
		if (too_long)
			place = wasm_bpf_text_break(at, line_end,
						    right > (size_t)text->column
							    ? right - (size_t)text->column
							    : 0);
		if (place.end) {
			fwrite(at, 1, (size_t)(place.end - at), text->stream);
			putc('\n', text->stream);
			wasm_bpf_text_spaces(text, text->wrap);
			text->column = text->wrap ? (int)text->wrap : -1;
			at = place.next;
			continue;
		}
		fwrite(at, 1, (size_t)(line_end - at), text->stream);
		/* glibc takes an overlong word that cannot be broken for a finished line. */
		text->column = too_long ? 0 : text->column + (int)(line_end - at);
		at = line_end;
		if (line) {
			putc('\n', text->stream);
			text->column = 0;
			at++;
		}
	}
	text->length = 0;
}

WASM_BPF_WEAK void wasm_bpf_text_write(struct wasm_bpf_text *text, const char *string,
				       size_t length)
{
	char *grown = (char *)realloc(text->pending, text->length + length + 1);

	if (!grown)
		return;
	memcpy(grown + text->length, string, length);
	text->pending = grown;
	text->length += length;
	grown[text->length] = '\0';
}

WASM_BPF_WEAK void wasm_bpf_text_put(struct wasm_bpf_text *text, const char *string)
{
	wasm_bpf_text_write(text, string, strlen(string));
}

__attribute__((weak, format(printf, 2, 3))) void wasm_bpf_text_printf(struct wasm_bpf_text *text,
								      const char *format, ...)
{
	char *string;
	va_list args, again;
	int length;

	va_start(args, format);
	va_copy(again, args);
	length = (vsnprintf)(NULL, 0, format, args);
	string = length < 0 ? NULL : (char *)malloc((size_t)length + 1);
	if (string) {
		(vsnprintf)(string, (size_t)length + 1, format, again);
		wasm_bpf_text_put(text, string);
	}
	free(string);
	va_end(again);
	va_end(args);
}

/* The column after what was written so far. */
WASM_BPF_WEAK size_t wasm_bpf_text_column(struct wasm_bpf_text *text)
{
	wasm_bpf_text_flush(text);
	return text->column < 0 ? 0 : (size_t)text->column;
}

WASM_BPF_WEAK void wasm_bpf_text_indent(struct wasm_bpf_text *text, size_t column)
{
	size_t at;

	for (at = wasm_bpf_text_column(text); at < column; at++)
		wasm_bpf_text_write(text, " ", 1);
}

/* Set a margin for what comes; return the one before. */
WASM_BPF_WEAK size_t wasm_bpf_text_left(struct wasm_bpf_text *text, size_t margin)
{
	size_t before = text->left;

	wasm_bpf_text_flush(text);
	text->left = margin;
	return before;
}

WASM_BPF_WEAK size_t wasm_bpf_text_wrap(struct wasm_bpf_text *text, size_t margin)
{
	size_t before = text->wrap;

	wasm_bpf_text_flush(text);
	text->wrap = margin;
	return before;
}

/* A blank, or a new line if `ensure` more columns would not fit. */
WASM_BPF_WEAK void wasm_bpf_text_space(struct wasm_bpf_text *text, size_t ensure)
{
	size_t column = wasm_bpf_text_column(text);

	wasm_bpf_text_put(text, column + ensure >= WASM_BPF_ARGP_RIGHT_MARGIN ? "\n" : " ");
}

#ifdef __cplusplus
}
#endif

#endif
