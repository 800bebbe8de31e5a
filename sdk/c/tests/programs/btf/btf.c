/* BTF from files, and strings that are added to it. The argument: an object with BTF. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

/* A name that no other number has. */
static const char *name_of(int i)
{
	static char name[32];

	snprintf(name, sizeof(name), "symbol_%d", i);
	return name;
}

static void strings(struct btf *base)
{
	struct btf *btf = base ? btf__new_empty_split(base) : btf__new_empty();
	int offsets[3000], i, same = 0, again = 0, kept = 0;
	struct btf *copy;
	const void *raw;
	__u32 size;

	printf("types %u, missing %d\n", btf__type_cnt(btf), btf__find_str(btf, "symbol_0") == -ENOENT);
	printf("empty %d, first %d\n", btf__add_str(btf, ""), btf__add_str(btf, "first"));
	for (i = 0; i < 3000; i++)
		offsets[i] = btf__add_str(btf, name_of(i));
	for (i = 0; i < 3000; i++) {
		same += !strcmp(btf__str_by_offset(btf, offsets[i]), name_of(i));
		again += btf__add_str(btf, name_of(i)) == offsets[i];
	}
	printf("offsets %d %d, same %d, again %d\n", offsets[0], offsets[2999], same, again);
	printf("found %d, missing %d\n", btf__find_str(btf, "symbol_7") == offsets[7],
	       btf__find_str(btf, "symbol_") == -ENOENT);
	raw = btf__raw_data(btf, &size);
	copy = btf__new_split(raw, size, base);
	for (i = 0; copy && i < 3000; i++)
		kept += !strcmp(btf__str_by_offset(copy, offsets[i]), name_of(i));
	printf("raw %u, kept %d\n", size, kept);
	btf__free(copy);
	btf__free(btf);
}

static void show(const char *what, struct btf *btf)
{
	int id = btf ? btf__find_by_name_kind(btf, "sample", BTF_KIND_STRUCT) : 0;

	printf("%s: %d, sample %d of %lld\n", what, btf != NULL, id, btf && id > 0 ? (long long)btf__resolve_size(btf, id) : 0);
	btf__free(btf);
}

static void refused(const char *what, struct btf *btf)
{
	printf("%s: %d, %s\n", what, btf != NULL,
	       errno == LIBBPF_ERRNO__FORMAT ? "no ELF" : errno == EPROTO ? "not raw" : errno == ENOENT ? "missing" : "other");
	btf__free(btf);
}

static void files(const char *object, struct btf *kernel)
{
	char path[4096], text[] = "neither raw BTF nor an ELF file, however long this sentence becomes";
	const void *raw;
	struct btf *btf;
	FILE *file;
	__u32 size;

	show("object", btf__parse(object, NULL));
	show("as ELF", btf__parse_elf(object, NULL));
	refused("as raw", btf__parse_raw(object));
	btf = btf__parse(object, NULL);
	raw = btf__raw_data(btf, &size);
	snprintf(path, sizeof(path), "%s.copy", object);
	file = fopen(path, "wb");
	printf("written %d\n", fwrite(raw, size, 1, file) == 1 && !fclose(file));
	btf__free(btf);
	show("raw", btf__parse(path, NULL));
	show("as raw", btf__parse_raw(path));
	refused("as ELF", btf__parse_elf(path, NULL));
	file = fopen(path, "wb");
	printf("written %d\n", fwrite(text, sizeof(text), 1, file) == 1 && !fclose(file));
	refused("text", btf__parse(path, NULL));
	refused("text as raw", btf__parse_raw(path));
	remove(path);
	refused("removed", btf__parse(path, NULL));
	btf = btf__parse("/sys/kernel/btf/vmlinux", NULL);
	printf("kernel %d\n", btf && btf__type_cnt(btf) == btf__type_cnt(kernel));
	btf__free(btf);
}

int main(int argc, char **argv)
{
	struct btf *kernel = btf__load_vmlinux_btf();

	if (argc < 2 || !kernel)
		return 1;
	libbpf_set_print(silent);
	strings(NULL);
	strings(kernel);
	files(argv[1], kernel);
	btf__free(kernel);
	return 0;
}
