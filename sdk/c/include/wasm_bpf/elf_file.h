/*
 * An ELF file behind <libelf.h>: its headers in their 64-bit form, and the bytes
 * of those sections that were asked for.
 */
#ifndef WASM_BPF_ELF_FILE_H
#define WASM_BPF_ELF_FILE_H

#include <elf.h>
#include <unistd.h>

#include <wasm_bpf/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
	ELF_C_NULL,
	ELF_C_READ,
	ELF_C_RDWR,
	ELF_C_WRITE,
	ELF_C_CLR,
	ELF_C_SET,
	ELF_C_FDDONE,
	ELF_C_FDREAD,
	ELF_C_READ_MMAP,
	ELF_C_RDWR_MMAP,
	ELF_C_WRITE_MMAP,
	ELF_C_READ_MMAP_PRIVATE,
	ELF_C_EMPTY,
	ELF_C_NUM
} Elf_Cmd;

typedef enum { ELF_K_NONE, ELF_K_AR, ELF_K_COFF, ELF_K_ELF, ELF_K_NUM } Elf_Kind;

typedef enum { ELF_T_BYTE } Elf_Type;

typedef struct {
	void *d_buf;
	Elf_Type d_type;
	unsigned int d_version;
	size_t d_size;
	int64_t d_off;
	size_t d_align;
} Elf_Data;

typedef struct Elf Elf;
typedef struct Elf_Scn Elf_Scn;

struct Elf_Scn {
	Elf_Data data; /* first: its address is the section's */
	Elf *elf;
	Elf64_Shdr header;
	bool loaded;
	bool owned; /* the data is to be freed */
};

struct Elf {
	int fd;
	const unsigned char *memory; /* in place of a file */
	uint64_t size;
	Elf_Kind kind;
	Elf64_Ehdr header;
	bool loaded;
	Elf_Scn *sections;
	size_t section_count, segment_count, names;
};

/* In the order of elf_errmsg()'s words. */
enum wasm_bpf_elf_error {
	WASM_BPF_ELF_FINE,
	WASM_BPF_ELF_UNKNOWN,
	WASM_BPF_ELF_NO_ELF,
	WASM_BPF_ELF_UNREADABLE,
	WASM_BPF_ELF_NO_MEMORY,
	WASM_BPF_ELF_OUTSIDE,
	WASM_BPF_ELF_NO_PART,
};

WASM_BPF_VARIABLE int wasm_bpf_elf_last = WASM_BPF_ELF_FINE;

/* Notes why; NULL. */
WASM_BPF_WEAK void *wasm_bpf_elf_fail(enum wasm_bpf_elf_error error)
{
	wasm_bpf_elf_last = error;
	return NULL;
}

/* Copies `size` bytes at `offset`. 0 or -1. */
WASM_BPF_WEAK int wasm_bpf_elf_read(Elf *elf, uint64_t offset, void *to, size_t size)
{
	long got;

	if (offset > elf->size || size > elf->size - offset) {
		wasm_bpf_elf_fail(WASM_BPF_ELF_OUTSIDE);
		return -1;
	}
	if (elf->memory) {
		memcpy(to, elf->memory + offset, size);
		return 0;
	}
	for (; size; size -= (size_t)got) {
		got = pread(elf->fd, to, size, (off_t)offset);
		if (got <= 0) {
			wasm_bpf_elf_fail(WASM_BPF_ELF_UNREADABLE);
			return -1;
		}
		to = (char *)to + got;
		offset += (uint64_t)got;
	}
	return 0;
}

WASM_BPF_WEAK void wasm_bpf_elf_widen_header(const Elf32_Ehdr *from, Elf64_Ehdr *to)
{
	memcpy(to->e_ident, from->e_ident, sizeof(to->e_ident));
	to->e_type = from->e_type;
	to->e_machine = from->e_machine;
	to->e_version = from->e_version;
	to->e_entry = from->e_entry;
	to->e_phoff = from->e_phoff;
	to->e_shoff = from->e_shoff;
	to->e_flags = from->e_flags;
	to->e_ehsize = from->e_ehsize;
	to->e_phentsize = from->e_phentsize;
	to->e_phnum = from->e_phnum;
	to->e_shentsize = from->e_shentsize;
	to->e_shnum = from->e_shnum;
	to->e_shstrndx = from->e_shstrndx;
}

/* Looks at the first bytes. A file of another kind is no failure. */
WASM_BPF_WEAK Elf *wasm_bpf_elf_open(int fd, const unsigned char *memory, uint64_t size)
{
	Elf *elf = (Elf *)calloc(1, sizeof(*elf));
	unsigned char ident[EI_NIDENT] = {0};
	Elf32_Ehdr narrow;
	int error = 0;

	if (!elf)
		return (Elf *)wasm_bpf_elf_fail(WASM_BPF_ELF_NO_MEMORY);
	elf->fd = fd;
	elf->memory = memory;
	elf->size = size;
	if (size >= 8)
		error = wasm_bpf_elf_read(elf, 0, ident, size < EI_NIDENT ? 8 : EI_NIDENT);
	if (!memcmp(ident, "!<arch>\n", 8))
		elf->kind = ELF_K_AR;
	if (!memcmp(ident, ELFMAG, SELFMAG) && ident[EI_DATA] == ELFDATA2LSB &&
	    ident[EI_CLASS] == ELFCLASS64 && size >= sizeof(elf->header)) {
		elf->kind = ELF_K_ELF;
		error = wasm_bpf_elf_read(elf, 0, &elf->header, sizeof(elf->header));
	} else if (!memcmp(ident, ELFMAG, SELFMAG) && ident[EI_DATA] == ELFDATA2LSB &&
		   ident[EI_CLASS] == ELFCLASS32 && size >= sizeof(narrow)) {
		elf->kind = ELF_K_ELF;
		error = wasm_bpf_elf_read(elf, 0, &narrow, sizeof(narrow));
		if (!error)
			wasm_bpf_elf_widen_header(&narrow, &elf->header);
	}
	if (!error)
		return elf;
	free(elf);
	return NULL;
}

/* The header of a section. 0 or -1. */
WASM_BPF_WEAK int wasm_bpf_elf_section(Elf *elf, size_t index, Elf64_Shdr *to)
{
	uint64_t at = elf->header.e_shoff + (uint64_t)index * elf->header.e_shentsize;
	Elf32_Shdr from;

	if (at < elf->header.e_shoff)
		at = UINT64_MAX;
	if (elf->header.e_ident[EI_CLASS] == ELFCLASS64)
		return wasm_bpf_elf_read(elf, at, to, sizeof(*to));
	if (wasm_bpf_elf_read(elf, at, &from, sizeof(from)))
		return -1;
	to->sh_name = from.sh_name;
	to->sh_type = from.sh_type;
	to->sh_flags = from.sh_flags;
	to->sh_addr = from.sh_addr;
	to->sh_offset = from.sh_offset;
	to->sh_size = from.sh_size;
	to->sh_link = from.sh_link;
	to->sh_info = from.sh_info;
	to->sh_addralign = from.sh_addralign;
	to->sh_entsize = from.sh_entsize;
	return 0;
}

/* The header of a segment. 0 or -1. */
WASM_BPF_WEAK int wasm_bpf_elf_segment(Elf *elf, size_t index, Elf64_Phdr *to)
{
	uint64_t at = elf->header.e_phoff + (uint64_t)index * elf->header.e_phentsize;
	Elf32_Phdr from;

	if (at < elf->header.e_phoff)
		at = UINT64_MAX;
	if (elf->header.e_ident[EI_CLASS] == ELFCLASS64)
		return wasm_bpf_elf_read(elf, at, to, sizeof(*to));
	if (wasm_bpf_elf_read(elf, at, &from, sizeof(from)))
		return -1;
	to->p_type = from.p_type;
	to->p_flags = from.p_flags;
	to->p_offset = from.p_offset;
	to->p_vaddr = from.p_vaddr;
	to->p_paddr = from.p_paddr;
	to->p_filesz = from.p_filesz;
	to->p_memsz = from.p_memsz;
	to->p_align = from.p_align;
	return 0;
}

/* Reads the sections' headers, once; section 0 has the numbers that are too large for the file's header. 0 or -1. */
WASM_BPF_WEAK int wasm_bpf_elf_load(Elf *elf)
{
	Elf64_Shdr zero;
	uint64_t count;
	size_t i;

	if (!elf || elf->kind != ELF_K_ELF) {
		wasm_bpf_elf_fail(WASM_BPF_ELF_NO_ELF);
		return -1;
	}
	if (elf->loaded)
		return 0;
	count = elf->header.e_shnum;
	elf->names = elf->header.e_shstrndx;
	elf->segment_count = elf->header.e_phnum;
	if (elf->header.e_shoff) {
		if (wasm_bpf_elf_section(elf, 0, &zero))
			return -1;
		if (!count)
			count = zero.sh_size;
		if (elf->header.e_shstrndx == 0xffff)
			elf->names = zero.sh_link;
		if (elf->header.e_phnum == 0xffff)
			elf->segment_count = zero.sh_info;
	}
	/* More than fit into the file cannot be read: no memory for those. */
	if (count > elf->size / sizeof(Elf32_Shdr)) {
		wasm_bpf_elf_fail(WASM_BPF_ELF_OUTSIDE);
		return -1;
	}
	elf->sections = (Elf_Scn *)calloc((size_t)count + 1, sizeof(*elf->sections));
	if (!elf->sections) {
		wasm_bpf_elf_fail(WASM_BPF_ELF_NO_MEMORY);
		return -1;
	}
	for (i = 0; i < count; i++) {
		elf->sections[i].elf = elf;
		if (wasm_bpf_elf_section(elf, i, &elf->sections[i].header)) {
			free(elf->sections);
			elf->sections = NULL;
			return -1;
		}
	}
	elf->section_count = (size_t)count;
	elf->loaded = true;
	return 0;
}

/* Reads a section's bytes, once; one that takes no place in the file has a size, but none. 0 or -1. */
WASM_BPF_WEAK int wasm_bpf_elf_read_section(Elf_Scn *scn)
{
	Elf *elf = scn->elf;
	uint64_t size = scn->header.sh_size;
	unsigned char *bytes;

	if (scn->loaded)
		return 0;
	if (size > INT32_MAX) {
		wasm_bpf_elf_fail(WASM_BPF_ELF_NO_MEMORY);
		return -1;
	}
	if (scn->header.sh_type != SHT_NOBITS && size) {
		if (scn->header.sh_offset > elf->size || size > elf->size - scn->header.sh_offset) {
			wasm_bpf_elf_fail(WASM_BPF_ELF_OUTSIDE);
			return -1;
		}
		bytes = elf->memory ? (unsigned char *)elf->memory + scn->header.sh_offset
				    : (unsigned char *)malloc((size_t)size);
		if (!bytes)
			wasm_bpf_elf_fail(WASM_BPF_ELF_NO_MEMORY);
		if (bytes && !elf->memory &&
		    wasm_bpf_elf_read(elf, scn->header.sh_offset, bytes, (size_t)size)) {
			free(bytes);
			bytes = NULL;
		}
		if (!bytes)
			return -1;
		scn->data.d_buf = bytes;
		scn->owned = !elf->memory;
	}
	scn->data.d_version = EV_CURRENT;
	scn->data.d_size = (size_t)size;
	scn->data.d_align = (size_t)scn->header.sh_addralign;
	scn->loaded = true;
	return 0;
}

#ifdef __cplusplus
}
#endif

#endif
