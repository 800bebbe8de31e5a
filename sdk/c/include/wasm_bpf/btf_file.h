/*
 * btf__parse*(): BTF from files, raw or in the section .BTF of an ELF file. The
 * kernel's own below /sys/kernel/btf come from the host: no grant is needed.
 */
#ifndef WASM_BPF_BTF_FILE_H
#define WASM_BPF_BTF_FILE_H

#include <stdio.h>

#include <wasm_bpf/btf.h>
#include <wasm_bpf/feature.h>

#ifdef __cplusplus
extern "C" {
#endif

struct btf_ext;

/* How a file may hold BTF. */
enum wasm_bpf_btf_form {
	WASM_BPF_BTF_ANY,
	WASM_BPF_BTF_RAW,
	WASM_BPF_BTF_ELF,
};

/* The whole of a file, to be freed; NULL and errno. */
WASM_BPF_WEAK unsigned char *wasm_bpf_read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	size_t capacity = 1 << 16, got;
	unsigned char *data = NULL, *grown;
	int error;

	if (!file)
		return NULL;
	*size = 0;
	for (;;) {
		grown = (unsigned char *)realloc(data, capacity);
		if (!grown) {
			error = ENOMEM;
			break;
		}
		data = grown;
		got = fread(data + *size, 1, capacity - *size, file);
		*size += got;
		error = ferror(file) ? errno : 0;
		if (!got || error)
			break;
		capacity = *size == capacity ? capacity * 2 : capacity;
	}
	fclose(file);
	if (!error)
		return data;
	free(data);
	errno = error;
	return NULL;
}

/* A number of `bytes` bytes in a file's data. */
WASM_BPF_WEAK uint64_t wasm_bpf_field(const unsigned char *data, uint64_t at, unsigned int bytes)
{
	uint64_t value = 0;

	memcpy(&value, data + at, bytes);
	return value;
}

/* Finds the section .BTF of a 64-bit little-endian ELF file. 0; -LIBBPF_ERRNO__FORMAT: not such a file, -ENODATA. */
WASM_BPF_WEAK int wasm_bpf_btf_section(const unsigned char *elf, size_t size, uint64_t *start,
				       uint64_t *length)
{
	uint64_t table, count, step, names, names_size, i, at, name;

	if (size < 64 || memcmp(elf, "\177ELF\2\1", 6))
		return -LIBBPF_ERRNO__FORMAT;
	table = wasm_bpf_field(elf, 40, 8);
	step = wasm_bpf_field(elf, 58, 2);
	count = wasm_bpf_field(elf, 60, 2);
	i = wasm_bpf_field(elf, 62, 2);
	if (step < 64 || table > size || count * step > size - table || i >= count)
		return -LIBBPF_ERRNO__FORMAT;
	names = wasm_bpf_field(elf, table + i * step + 24, 8);
	names_size = wasm_bpf_field(elf, table + i * step + 32, 8);
	if (names > size || names_size > size - names)
		return -LIBBPF_ERRNO__FORMAT;
	for (i = 0; i < count; i++) {
		at = table + i * step;
		name = wasm_bpf_field(elf, at, 4);
		if (name >= names_size || names_size - name < sizeof(".BTF") ||
		    memcmp(elf + names + name, ".BTF", sizeof(".BTF")))
			continue;
		*start = wasm_bpf_field(elf, at + 24, 8);
		*length = wasm_bpf_field(elf, at + 32, 8);
		return *start > size || *length > size - *start ? -LIBBPF_ERRNO__FORMAT : 0;
	}
	return -ENODATA;
}

WASM_BPF_WEAK struct btf *wasm_bpf_btf_parse(const char *path, struct btf *base,
					     enum wasm_bpf_btf_form form)
{
	static const char kernel[] = "/sys/kernel/btf/";
	const char *module = path + sizeof(kernel) - 1;
	uint64_t start = 0, length;
	unsigned char *data;
	struct btf *btf;
	size_t size;
	int error = 0;

	if (form != WASM_BPF_BTF_ELF && !strncmp(path, kernel, sizeof(kernel) - 1)) {
		if (!strcmp(module, "vmlinux"))
			return btf__load_vmlinux_btf();
		if (!base)
			return (struct btf *)wasm_bpf_fail_null(-EINVAL);
		return btf__load_module_btf(module, base);
	}
	data = wasm_bpf_read_file(path, &size);
	if (!data)
		return NULL;
	length = size;
	if (form == WASM_BPF_BTF_ELF || size < 2 || wasm_bpf_field(data, 0, 2) != BTF_MAGIC)
		error = form == WASM_BPF_BTF_RAW
				? -EPROTO
				: wasm_bpf_btf_section(data, size, &start, &length);
	if (error) {
		free(data);
		return (struct btf *)wasm_bpf_fail_null(error);
	}
	btf = btf__new_split(data + start, (__u32)length, base);
	error = errno;
	free(data);
	errno = error;
	return btf;
}

/* NULL and errno: LIBBPF_ERRNO__FORMAT for a file of another kind, ENODATA for an ELF file without BTF. `*btf_ext` becomes NULL. */
WASM_BPF_WEAK struct btf *btf__parse(const char *path, struct btf_ext **btf_ext)
{
	if (btf_ext)
		*btf_ext = NULL;
	return wasm_bpf_btf_parse(path, NULL, WASM_BPF_BTF_ANY);
}

WASM_BPF_WEAK struct btf *btf__parse_split(const char *path, struct btf *base_btf)
{
	return wasm_bpf_btf_parse(path, base_btf, WASM_BPF_BTF_ANY);
}

WASM_BPF_WEAK struct btf *btf__parse_raw(const char *path)
{
	return wasm_bpf_btf_parse(path, NULL, WASM_BPF_BTF_RAW);
}

WASM_BPF_WEAK struct btf *btf__parse_raw_split(const char *path, struct btf *base_btf)
{
	return wasm_bpf_btf_parse(path, base_btf, WASM_BPF_BTF_RAW);
}

WASM_BPF_WEAK struct btf *btf__parse_elf(const char *path, struct btf_ext **btf_ext)
{
	if (btf_ext)
		*btf_ext = NULL;
	return wasm_bpf_btf_parse(path, NULL, WASM_BPF_BTF_ELF);
}

WASM_BPF_WEAK struct btf *btf__parse_elf_split(const char *path, struct btf *base_btf)
{
	return wasm_bpf_btf_parse(path, base_btf, WASM_BPF_BTF_ELF);
}

/* Of the lines and functions in an object only the host needs to know. */
WASM_BPF_WEAK void btf_ext__free(struct btf_ext *btf_ext)
{
	(void)btf_ext;
}

#ifdef __cplusplus
}
#endif

#endif
