/*
 * <libelf.h>: reading ELF files, little-endian, with libelf's interface. What
 * a part says of places and sizes is checked against the file when it is read.
 * Tools look up functions in programs with it (see <gelf.h>).
 */
#ifndef WASM_BPF_LIBELF_H
#define WASM_BPF_LIBELF_H

#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <wasm_bpf/elf_file.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version that is spoken, EV_CURRENT; EV_NONE for another that is asked for. */
WASM_BPF_WEAK unsigned int elf_version(unsigned int version)
{
	if (version == EV_NONE || version == EV_CURRENT)
		return EV_CURRENT;
	wasm_bpf_elf_fail(WASM_BPF_ELF_UNKNOWN);
	return EV_NONE;
}

/* The last failure, which is forgotten; 0 for none. */
WASM_BPF_WEAK int elf_errno(void)
{
	int last = wasm_bpf_elf_last;

	wasm_bpf_elf_last = WASM_BPF_ELF_FINE;
	return last;
}

/* A failure in words: -1 for the last, 0 too, but NULL if there was none. */
WASM_BPF_WEAK const char *elf_errmsg(int error)
{
	static const char *const words[] = {"no error",
					    "unknown version or command",
					    "not an ELF file, or not for this byte order",
					    "cannot read the file",
					    "out of memory",
					    "a part lies outside the file",
					    "there is no such part"};

	if (!error && !wasm_bpf_elf_last)
		return NULL;
	if (error == 0 || error == -1)
		error = wasm_bpf_elf_last;
	return error >= 0 && (size_t)error < sizeof(words) / sizeof(*words) ? words[error]
									    : "unknown error";
}

/* Opens a file for reading. NULL on failure; what is no ELF file has another kind. */
WASM_BPF_WEAK Elf *elf_begin(int fd, Elf_Cmd cmd, Elf *ref)
{
	struct stat status;

	if (ref || (cmd != ELF_C_READ && cmd != ELF_C_READ_MMAP && cmd != ELF_C_READ_MMAP_PRIVATE))
		return (Elf *)wasm_bpf_elf_fail(WASM_BPF_ELF_UNKNOWN);
	if (fstat(fd, &status))
		return (Elf *)wasm_bpf_elf_fail(WASM_BPF_ELF_UNREADABLE);
	return wasm_bpf_elf_open(fd, NULL, (uint64_t)status.st_size);
}

/* A file that is in memory, where it must stay. */
WASM_BPF_WEAK Elf *elf_memory(char *image, size_t size)
{
	if (!image)
		return (Elf *)wasm_bpf_elf_fail(WASM_BPF_ELF_UNREADABLE);
	return wasm_bpf_elf_open(-1, (const unsigned char *)image, size);
}

/* Frees it; 0. NULL is fine. The file stays open. */
WASM_BPF_WEAK int elf_end(Elf *elf)
{
	size_t i;

	if (!elf)
		return 0;
	for (i = 0; i < elf->section_count; i++)
		if (elf->sections[i].owned)
			free(elf->sections[i].data.d_buf);
	free(elf->sections);
	free(elf);
	return 0;
}

WASM_BPF_WEAK Elf_Kind elf_kind(Elf *elf)
{
	return elf ? elf->kind : ELF_K_NONE;
}

/* The number of sections, segments, and the section with the sections' names. 0, or -1. */
WASM_BPF_WEAK int elf_getshdrnum(Elf *elf, size_t *dst)
{
	if (wasm_bpf_elf_load(elf))
		return -1;
	*dst = elf->section_count;
	return 0;
}

WASM_BPF_WEAK int elf_getshdrstrndx(Elf *elf, size_t *dst)
{
	if (wasm_bpf_elf_load(elf))
		return -1;
	*dst = elf->names;
	return 0;
}

WASM_BPF_WEAK int elf_getphdrnum(Elf *elf, size_t *dst)
{
	if (wasm_bpf_elf_load(elf))
		return -1;
	*dst = elf->segment_count;
	return 0;
}

/* The section with this number; NULL. */
WASM_BPF_WEAK Elf_Scn *elf_getscn(Elf *elf, size_t index)
{
	if (wasm_bpf_elf_load(elf))
		return NULL;
	if (index >= elf->section_count)
		return (Elf_Scn *)wasm_bpf_elf_fail(WASM_BPF_ELF_NO_PART);
	return &elf->sections[index];
}

WASM_BPF_WEAK size_t elf_ndxscn(Elf_Scn *scn)
{
	return scn ? (size_t)(scn - scn->elf->sections) : 0;
}

/* The section after `scn`, for NULL the first that is one, number 1; NULL at the end. */
WASM_BPF_WEAK Elf_Scn *elf_nextscn(Elf *elf, Elf_Scn *scn)
{
	size_t index = elf_ndxscn(scn) + 1;

	if (wasm_bpf_elf_load(elf) || index >= elf->section_count)
		return NULL;
	return &elf->sections[index];
}

/* A section's bytes, in one piece: NULL for `data` asks for them; NULL at the end and on failure. */
WASM_BPF_WEAK Elf_Data *elf_getdata(Elf_Scn *scn, Elf_Data *data)
{
	if (!scn || data || wasm_bpf_elf_read_section(scn))
		return NULL;
	return &scn->data;
}

WASM_BPF_WEAK Elf_Data *elf_rawdata(Elf_Scn *scn, Elf_Data *data)
{
	return elf_getdata(scn, data);
}

/* The string at an offset of a section of strings; NULL. */
WASM_BPF_WEAK char *elf_strptr(Elf *elf, size_t section, size_t offset)
{
	Elf_Scn *scn = elf_getscn(elf, section);
	Elf_Data *data;

	if (!scn || scn->header.sh_type != SHT_STRTAB)
		return (char *)wasm_bpf_elf_fail(WASM_BPF_ELF_NO_PART);
	data = elf_getdata(scn, NULL);
	if (!data)
		return NULL;
	if (offset >= data->d_size ||
	    !memchr((char *)data->d_buf + offset, '\0', data->d_size - offset))
		return (char *)wasm_bpf_elf_fail(WASM_BPF_ELF_OUTSIDE);
	return (char *)data->d_buf + offset;
}

#define WASM_BPF_NO_ELF_WRITING WASM_BPF_UNAVAILABLE("this libelf.h reads only")
int64_t elf_update(Elf *elf, Elf_Cmd cmd) WASM_BPF_NO_ELF_WRITING;
Elf_Scn *elf_newscn(Elf *elf) WASM_BPF_NO_ELF_WRITING;
Elf_Data *elf_newdata(Elf_Scn *scn) WASM_BPF_NO_ELF_WRITING;

#ifdef __cplusplus
}
#endif

#endif
