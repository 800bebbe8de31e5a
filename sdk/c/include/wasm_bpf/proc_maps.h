/*
 * /proc/PID/maps for programs that keep addresses in `unsigned long`: once
 * stacks with addresses of processes were read, each mapping of code is
 * listed a second time, below the true ones, at the lower half of its
 * addresses. A mapping is then found by the whole address and by the half.
 *
 * Of the process itself, the runtime, the vDSO is where a guest can read it:
 * in a copy. Programs copy it to a file to look for its symbols.
 */
/* Ours, which includes this. */
#include <stdio.h>

#ifndef WASM_BPF_PROC_MAPS_H
#define WASM_BPF_PROC_MAPS_H

#include <wasm_bpf/address.h>
#include <wasm_bpf/import.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The C library's, which does not declare them for plain C11. */
FILE *wasm_bpf_libc_fmemopen(void *buffer, size_t size, const char *mode) __asm__("fmemopen");
int wasm_bpf_libc_fseeko(FILE *file, int64_t offset, int whence) __asm__("fseeko");

/* A line: "START-END PERMS OFFSET DEVICE INODE   FILE". */
struct wasm_bpf_mapping_line {
	uint64_t start, end, offset;
	const char *permissions, *rest;
};

/* Whether `path` is a process's list; `own` says whether the guest's. */
__attribute__((weak)) bool wasm_bpf_is_maps(const char *path, bool *own)
{
	char *end;

	if (!path || strncmp(path, "/proc/", 6))
		return false;
	path += 6;
	*own = !strncmp(path, "self/", 5);
	if (*own)
		return !strcmp(path + 5, "maps");
	if (*path < '1' || *path > '9')
		return false;
	*own = strtoul(path, &end, 10) == (unsigned long)wasm_bpf_v1_process_id(0);
	return !strcmp(end, "/maps");
}

/* All that is left in a file, with a NUL after it, from malloc; NULL without memory. */
__attribute__((weak)) char *wasm_bpf_read_rest(FILE *file, size_t *length)
{
	size_t room = 1 << 13, got;
	char *text = (char *)malloc(room), *larger;

	*length = 0;
	while (text && (got = fread(text + *length, 1, room - *length - 1, file))) {
		*length += got;
		if (*length + 1 < room)
			continue;
		room *= 2;
		larger = (char *)realloc(text, room);
		if (!larger)
			free(text);
		text = larger;
	}
	if (text)
		text[*length] = '\0';
	return text;
}

/* Takes a line apart; false where it is none. */
__attribute__((weak)) bool wasm_bpf_mapping_parse(const char *line,
						  struct wasm_bpf_mapping_line *parsed)
{
	char *at;

	parsed->start = strtoull(line, &at, 16);
	if (*at != '-')
		return false;
	parsed->end = strtoull(at + 1, &at, 16);
	if (*at != ' ' || !at[1] || !(parsed->permissions = at + 1)[3])
		return false;
	parsed->offset = strtoull(at + 5, &at, 16);
	parsed->rest = at;
	return parsed->end > parsed->start;
}

/* Writes a part of a mapping, `from` and `to` counted from its start, with its first byte at `at`. */
__attribute__((weak)) void wasm_bpf_mapping_write(FILE *out, const struct wasm_bpf_mapping_line *line,
						  uint64_t from, uint64_t to, uint64_t at)
{
	char head[80];
	int length = (snprintf)(head, sizeof(head), "%08llx-%08llx %.4s %08llx",
				(unsigned long long)(at + from), (unsigned long long)(at + to),
				line->permissions, (unsigned long long)(line->offset + from));
	const char *end = strchr(line->rest, '\n');

	fwrite(head, 1, (size_t)length, out);
	fwrite(line->rest, 1, end ? (size_t)(end - line->rest) : strlen(line->rest), out);
	fputc('\n', out);
}

/* Whether an address is in a mapping of code of the list `text`. */
__attribute__((weak)) bool wasm_bpf_mapping_has(const char *text, uint64_t address)
{
	struct wasm_bpf_mapping_line line;

	for (; text; text = strchr(text, '\n') ? strchr(text, '\n') + 1 : NULL)
		if (wasm_bpf_mapping_parse(text, &line) && line.permissions[2] == 'x' &&
		    address >= line.start && address < line.end)
			return true;
	return false;
}

/*
 * A mapping of the list `text` at the lower half of its addresses, in two
 * parts where the halves start again from 0. Pages whose half was handed out
 * for another mapping of the same list are left to that one.
 */
__attribute__((weak)) void wasm_bpf_mapping_again(FILE *out, const char *text,
						  const struct wasm_bpf_mapping_line *line)
{
	uint64_t size = line->end - line->start, from = 0, at;

	for (at = 0; at <= size; at += 4096) {
		uint64_t whole = (line->start + at) >> 12;
		struct wasm_bpf_address *page =
			wasm_bpf_address_find(&wasm_bpf_address_pages, (uint32_t)whole & 0xfffff);
		bool taken = at < size && page && page->whole != whole &&
			     wasm_bpf_mapping_has(text, page->whole << 12);

		if (at < size && !taken && (whole & 0xfffff || !at))
			continue;
		if (at > from)
			wasm_bpf_mapping_write(out, line, from, at,
					       ((line->start + from) & 0xffffffff) - from);
		from = taken ? at + 4096 : at;
	}
}

/* A copy of the runtime's vDSO, or zeros where it cannot be read; NULL without memory. */
__attribute__((weak)) char *wasm_bpf_vdso(FILE *memory, uint64_t start, size_t size)
{
	static char *copy;

	if (!copy)
		copy = (char *)calloc(1, size);
	if (copy && memory && !wasm_bpf_libc_fseeko(memory, (int64_t)start, SEEK_SET) &&
	    fread(copy, 1, size, memory) != size)
		memset(copy, 0, size);
	return copy;
}

/*
 * The list as a program of 32 bits is to see it, instead of `file`, which is
 * closed; `memory` is the guest's own process's, if the list is. NULL without memory.
 */
__attribute__((weak)) FILE *wasm_bpf_maps(FILE *file, bool own, FILE *memory)
{
	bool again = wasm_bpf_address_pages.used;
	struct wasm_bpf_mapping_line parsed;
	size_t length, size;
	FILE *out = NULL;
	char *text = wasm_bpf_read_rest(file, &length), *line, *end;
	int pass;

	fclose(file);
	/* Twice, and longer numbers; each mapping may come apart at pages that are taken. */
	size = 4 * length + 512 * (size_t)wasm_bpf_address_pages.used + 4096;
	if (text)
		out = wasm_bpf_libc_fmemopen(NULL, size, "w+");
	for (pass = 0; out && pass < 1 + again; pass++)
		for (line = text; *line; line = *end ? end + 1 : end) {
			end = line + strcspn(line, "\n");
			if (!wasm_bpf_mapping_parse(line, &parsed))
				continue;
			if (pass && parsed.permissions[2] == 'x' && parsed.end >> 32 &&
			    !(parsed.start >> 63))
				wasm_bpf_mapping_again(out, text, &parsed);
			if (!pass && own && !strncmp(end - 6, "[vdso]", 6)) {
				size = (size_t)(parsed.end - parsed.start);
				wasm_bpf_mapping_write(
					out, &parsed, 0, size,
					(__UINTPTR_TYPE__)wasm_bpf_vdso(memory, parsed.start, size));
			} else if (!pass) {
				fwrite(line, 1, (size_t)(end - line), out);
				fputc('\n', out);
			}
		}
	free(text);
	if (memory)
		fclose(memory);
	if (out)
		rewind(out);
	return out;
}

#ifdef __cplusplus
}
#endif

#endif
