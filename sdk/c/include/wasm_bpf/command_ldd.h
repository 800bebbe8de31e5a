/*
 * ldd(1), for popen(). No program is run for it: what the files say that they
 * need is looked for where the system keeps libraries.
 */
#ifndef WASM_BPF_COMMAND_LDD_H
#define WASM_BPF_COMMAND_LDD_H

#include <stdio.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <wasm_bpf/command_which.h>
#include <wasm_bpf/import.h>

#ifdef __cplusplus
extern "C" {
#endif

/* <stdio.h> and <string.h> declare these for programs that ask for more than ISO C. */
int fseeko(FILE *stream, off_t offset, int whence);
char *strdup(const char *text);

/* What was found so far: each library once, in the order in which they were asked for. */
struct wasm_bpf_libraries {
	FILE *out;
	char machine[65];
	char *names[256];
	int count;
};

/* Copies `size` bytes at `offset` of the file; whether they are there. */
__attribute__((weak)) int wasm_bpf_ldd_read(FILE *file, uint64_t offset, void *to, size_t size)
{
	return offset <= LLONG_MAX && !fseeko(file, (off_t)offset, SEEK_SET) && fread(to, 1, size, file) == size;
}

/* Where a library of that name is, in `path`, which has room for WASM_BPF_PATH bytes; whether it is anywhere. */
__attribute__((weak)) int wasm_bpf_ldd_find(const char *machine, const char *name, char *path)
{
	static const char *const folders[] = {
		"/lib/%s-linux-gnu/%s", "/usr/lib/%s-linux-gnu/%s", "/lib64%.0s/%s", "/usr/lib64%.0s/%s", "/lib%.0s/%s",
		"/usr/lib%.0s/%s", "/usr/local/lib%.0s/%s",
	};

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		if (snprintf(path, WASM_BPF_PATH, folders[i], machine, name) < WASM_BPF_PATH && wasm_bpf_is_file(path))
			return 1;
	return 0;
}

/* Prints a library that a file needs, unless it was printed before. */
__attribute__((weak)) void wasm_bpf_ldd_needs(struct wasm_bpf_libraries *libraries, const char *name);

/* Goes through what a file says that it needs; whether it is an ELF file of 64 bits that says so. */
__attribute__((weak)) int wasm_bpf_ldd_file(struct wasm_bpf_libraries *libraries, const char *path)
{
	/* Where ELF's headers have what is needed of them: offsets in bytes of the file's and a section's. */
	enum { SECTIONS = 40, SECTION_SIZE = 58, SECTION_COUNT = 60, TYPE = 4, OFFSET = 24, SIZE = 32, LINK = 40 };
	unsigned char header[64], section[64], strings[64];
	uint64_t sections, offset, size, entry[2], at;
	uint16_t section_size, count, i;
	FILE *file = fopen(path, "r");
	char name[256];
	uint32_t type, link;
	int found = 0;

	if (!file)
		return 0;
	if (!wasm_bpf_ldd_read(file, 0, header, sizeof(header)) || memcmp(header, "\177ELF\2\1", 6))
		goto done;
	memcpy(&sections, header + SECTIONS, sizeof(sections));
	memcpy(&section_size, header + SECTION_SIZE, sizeof(section_size));
	memcpy(&count, header + SECTION_COUNT, sizeof(count));
	for (i = 0; i < count && !found; i++) {
		if (!wasm_bpf_ldd_read(file, sections + (uint64_t)i * section_size, section, sizeof(section)))
			goto done;
		memcpy(&type, section + TYPE, sizeof(type));
		found = type == 6 /* SHT_DYNAMIC */;
	}
	memcpy(&link, section + LINK, sizeof(link));
	if (!found ||
	    !wasm_bpf_ldd_read(file, sections + (uint64_t)link * section_size, strings, sizeof(strings)))
		goto done;
	memcpy(&offset, section + OFFSET, sizeof(offset));
	memcpy(&size, section + SIZE, sizeof(size));
	for (at = 0; at + sizeof(entry) <= size && at < 1 << 16; at += sizeof(entry)) {
		uint64_t text;

		if (!wasm_bpf_ldd_read(file, offset + at, entry, sizeof(entry)) || !entry[0] /* DT_NULL */)
			break;
		if (entry[0] != 1 /* DT_NEEDED */)
			continue;
		memcpy(&text, strings + OFFSET, sizeof(text));
		memset(name, 0, sizeof(name));
		if (!fseeko(file, (off_t)(text + entry[1]), SEEK_SET) && fread(name, 1, sizeof(name) - 1, file) && *name)
			wasm_bpf_ldd_needs(libraries, name);
	}
done:
	fclose(file);
	return found;
}

__attribute__((weak)) void wasm_bpf_ldd_needs(struct wasm_bpf_libraries *libraries, const char *name)
{
	char path[WASM_BPF_PATH];
	int i;

	for (i = 0; i < libraries->count; i++)
		if (!strcmp(libraries->names[i], name))
			return;
	if (i == sizeof(libraries->names) / sizeof(*libraries->names) || !(libraries->names[i] = strdup(name)))
		return;
	libraries->count++;
	if (wasm_bpf_ldd_find(libraries->machine, name, path)) {
		/* Where it would be loaded only its loading would tell. */
		fprintf(libraries->out, "\t%s => %s (0x%016x)\n", name, path, 0);
		wasm_bpf_ldd_file(libraries, path);
	} else {
		fprintf(libraries->out, "\t%s => not found\n", name);
	}
}

/* 0, or 1 for a file that needs no libraries or is none. */
__attribute__((weak)) int wasm_bpf_command_ldd(FILE *out, const char *path)
{
	struct wasm_bpf_libraries *libraries =
		(struct wasm_bpf_libraries *)calloc(1, sizeof(struct wasm_bpf_libraries));
	int status = 1;

	if (!libraries)
		return status;
	libraries->out = out;
	wasm_bpf_v1_system_name(4, libraries->machine, sizeof(libraries->machine) - 1);
	if (wasm_bpf_ldd_file(libraries, path))
		status = 0;
	else
		fputs("\tnot a dynamic executable\n", stderr);
	while (libraries->count)
		free(libraries->names[--libraries->count]);
	free(libraries);
	return status;
}

#ifdef __cplusplus
}
#endif

#endif
