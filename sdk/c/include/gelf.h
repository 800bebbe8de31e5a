/*
 * <gelf.h>: the parts of an ELF file in their 64-bit form, whichever it has.
 */
#ifndef WASM_BPF_GELF_H
#define WASM_BPF_GELF_H

#include <libelf.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef Elf64_Half GElf_Half;
typedef Elf64_Word GElf_Word;
typedef Elf64_Sword GElf_Sword;
typedef Elf64_Xword GElf_Xword;
typedef Elf64_Sxword GElf_Sxword;
typedef Elf64_Addr GElf_Addr;
typedef Elf64_Off GElf_Off;
typedef Elf64_Sym GElf_Sym;
typedef Elf64_Ehdr GElf_Ehdr;
typedef Elf64_Shdr GElf_Shdr;
typedef Elf64_Phdr GElf_Phdr;

#define GELF_ST_BIND(info) ELF64_ST_BIND(info)
#define GELF_ST_TYPE(info) ELF64_ST_TYPE(info)
#define GELF_ST_INFO(bind, type) ELF64_ST_INFO(bind, type)
#define GELF_ST_VISIBILITY(other) ELF64_ST_VISIBILITY(other)

/* ELFCLASS32 or ELFCLASS64; ELFCLASSNONE for what is no ELF file. */
WASM_BPF_WEAK int gelf_getclass(Elf *elf)
{
	if (!elf || elf->kind != ELF_K_ELF)
		return ELFCLASSNONE;
	return elf->header.e_ident[EI_CLASS];
}

/* `dst`, or NULL for what is no ELF file. */
WASM_BPF_WEAK GElf_Ehdr *gelf_getehdr(Elf *elf, GElf_Ehdr *dst)
{
	if (!elf || elf->kind != ELF_K_ELF)
		return (GElf_Ehdr *)wasm_bpf_elf_fail(WASM_BPF_ELF_NO_ELF);
	*dst = elf->header;
	return dst;
}

/* `dst`, or NULL. */
WASM_BPF_WEAK GElf_Shdr *gelf_getshdr(Elf_Scn *scn, GElf_Shdr *dst)
{
	if (!scn)
		return NULL;
	*dst = scn->header;
	return dst;
}

/* `dst`, or NULL past the last segment. */
WASM_BPF_WEAK GElf_Phdr *gelf_getphdr(Elf *elf, int ndx, GElf_Phdr *dst)
{
	size_t count;

	if (elf_getphdrnum(elf, &count))
		return NULL;
	if (ndx < 0 || (size_t)ndx >= count)
		return (GElf_Phdr *)wasm_bpf_elf_fail(WASM_BPF_ELF_NO_PART);
	if (wasm_bpf_elf_segment(elf, (size_t)ndx, dst))
		return NULL;
	return dst;
}

/* The symbol at an index of a symbol table's data; NULL past the last. */
WASM_BPF_WEAK GElf_Sym *gelf_getsym(Elf_Data *data, int ndx, GElf_Sym *dst)
{
	bool wide = ((struct Elf_Scn *)data)->elf->header.e_ident[EI_CLASS] == ELFCLASS64;
	size_t size = wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
	Elf32_Sym narrow;

	if (!data->d_buf || ndx < 0 || (size_t)ndx >= data->d_size / size)
		return (GElf_Sym *)wasm_bpf_elf_fail(WASM_BPF_ELF_NO_PART);
	if (wide) {
		memcpy(dst, (const char *)data->d_buf + (size_t)ndx * size, size);
		return dst;
	}
	memcpy(&narrow, (const char *)data->d_buf + (size_t)ndx * size, size);
	dst->st_name = narrow.st_name;
	dst->st_info = narrow.st_info;
	dst->st_other = narrow.st_other;
	dst->st_shndx = narrow.st_shndx;
	dst->st_value = narrow.st_value;
	dst->st_size = narrow.st_size;
	return dst;
}

#ifdef __cplusplus
}
#endif

#endif
