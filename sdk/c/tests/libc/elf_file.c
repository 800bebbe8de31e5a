/* Everything in an ELF file: `FILE`, or `FILE memory`; `FILE damaged`: its bytes changed, and no more said than that it was survived. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gelf.h>
#include <libelf.h>

static void show_symbols(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, int quiet)
{
	Elf_Data *data = NULL;
	const char *name;
	GElf_Sym symbol;
	int i;

	while ((data = elf_getdata(section, data)))
		for (i = 0; gelf_getsym(data, i, &symbol); i++) {
			name = elf_strptr(elf, header->sh_link, symbol.st_name);
			if (!quiet)
				printf("  %d %s: type %d, bind %d, section %d, %llx, %llu\n", i, name ? name : "?",
				       GELF_ST_TYPE(symbol.st_info), GELF_ST_BIND(symbol.st_info), symbol.st_shndx,
				       (unsigned long long)symbol.st_value, (unsigned long long)symbol.st_size);
		}
}

static unsigned long sum_of(const Elf_Data *data)
{
	unsigned long sum = 0;
	size_t i;

	for (i = 0; data && data->d_buf && i < data->d_size; i++)
		sum = (sum * 31 + ((unsigned char *)data->d_buf)[i]) & 0xffffff;
	return sum;
}

static void show_sections(Elf *elf, size_t names, int quiet)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	Elf_Data *data;
	const char *name;

	while ((section = elf_nextscn(elf, section))) {
		if (!gelf_getshdr(section, &header))
			continue;
		name = elf_strptr(elf, names, header.sh_name);
		data = elf_getdata(section, NULL);
		if (!quiet)
			printf("%zu %s: type %x, flags %llx, at %llx, offset %llx, size %llx, link %u, info %u, entries %llu, "
			       "data %zu %lx\n",
			       elf_ndxscn(section), name ? name : "?", header.sh_type,
			       (unsigned long long)header.sh_flags, (unsigned long long)header.sh_addr,
			       (unsigned long long)header.sh_offset, (unsigned long long)header.sh_size, header.sh_link,
			       header.sh_info, (unsigned long long)header.sh_entsize, data ? data->d_size : 0, sum_of(data));
		if (header.sh_type == SHT_SYMTAB || header.sh_type == SHT_DYNSYM)
			show_symbols(elf, section, &header, quiet);
	}
}

static void show(Elf *elf, int quiet)
{
	size_t names = 0, count = 0, i;
	GElf_Ehdr header;
	GElf_Phdr segment;

	if (!quiet)
		printf("kind %d, class %d\n", elf_kind(elf), gelf_getclass(elf));
	if (!gelf_getehdr(elf, &header) || elf_getshdrstrndx(elf, &names) || elf_getphdrnum(elf, &count)) {
		if (!quiet)
			printf("no ELF file: %d\n", elf_errmsg(-1) != NULL);
		return;
	}
	if (!quiet)
		printf("type %d, machine %d, entry %llx, names %zu\n", header.e_type, header.e_machine,
		       (unsigned long long)header.e_entry, names);
	for (i = 0; i < count && gelf_getphdr(elf, i, &segment); i++)
		if (!quiet)
			printf("segment %zu: type %x, flags %x, offset %llx, at %llx, %llx in the file, %llx in memory\n", i,
			       segment.p_type, segment.p_flags, (unsigned long long)segment.p_offset,
			       (unsigned long long)segment.p_vaddr, (unsigned long long)segment.p_filesz,
			       (unsigned long long)segment.p_memsz);
	show_sections(elf, names, quiet);
	if (quiet)
		return;
	printf("past the end: %d %d %d\n", gelf_getphdr(elf, count, &segment) == NULL, elf_getscn(elf, 9999) == NULL,
	       elf_strptr(elf, names, 1 << 30) == NULL);
	printf("no strings: %d\n", elf_strptr(elf, 0, 0) == NULL);
}

static char *image;
static size_t size;

static void with_image(int quiet)
{
	Elf *elf = elf_memory(image, size);

	if (elf)
		show(elf, quiet);
	elf_end(elf);
}

static void damage(void)
{
	size_t whole = size, at;

	/* The headers of file, segments and sections, which are at both ends. */
	for (at = 0; at < whole; at = at == 4096 && whole > 12288 ? whole - 8192 : at + 1) {
		image[at] ^= 0xff;
		with_image(1);
		image[at] ^= 0x81;
		with_image(1);
		image[at] ^= 0x7e;
	}
	for (size = 0; size < whole; size += size < 512 ? 1 : 509)
		with_image(1);
	printf("survived\n");
}

int main(int argc, char **argv)
{
	const char *mode = argc > 2 ? argv[2] : "";
	int fd = argc > 1 ? open(argv[1], O_RDONLY) : -1;
	Elf *elf;

	if (fd < 0)
		return 1;
	printf("version: %u\n", elf_version(EV_CURRENT));
	if (!*mode) {
		elf = elf_begin(fd, ELF_C_READ, NULL);
		show(elf, 0);
		printf("end: %d\n", elf_end(elf));
		printf("bad: %d\n", elf_begin(-1, ELF_C_READ, NULL) == NULL);
		return close(fd);
	}
	image = malloc(1 << 22);
	size = read(fd, image, 1 << 22);
	if (!strcmp(mode, "memory"))
		with_image(0);
	else
		damage();
	return close(fd);
}
