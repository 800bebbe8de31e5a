/* Types and data printed. The argument: this program's object. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

/* What the whole kernel's types come to: too much to print. */
struct sum {
	unsigned long long bytes;
	unsigned int hash;
};

static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static void on_text(void *ctx, const char *format, va_list args)
{
	(void)ctx;
	vprintf(format, args);
}

static void on_sum(void *ctx, const char *format, va_list args)
{
	static char text[1 << 16];
	struct sum *sum = ctx;
	int i, length = vsnprintf(text, sizeof(text), format, args);

	for (i = 0; i < length; i++)
		sum->hash = (sum->hash ^ (unsigned char)text[i]) * 16777619u;
	sum->bytes += length;
}

static void declarations(struct btf *btf, struct btf_dump *dump)
{
	const char *names[] = { "callback_t", "outer", "color", "int" };
	LIBBPF_OPTS(btf_dump_emit_type_decl_opts, opts, .field_name = "field", .indent_level = 2);
	__u32 i;

	for (i = 0; i < btf__type_cnt(btf) && i < 40; i++) {
		opts.strip_mods = i % 2;
		printf("[%d] ", btf_dump__emit_type_decl(dump, i, i % 3 ? &opts : NULL));
		printf("\n");
	}
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		printf("%s: ", names[i]);
		btf_dump__emit_type_decl(dump, btf__find_by_name(btf, names[i]), &opts);
		printf("\n");
	}
}

static void data(struct btf *btf, struct btf_dump *dump, const char *name, int kind)
{
	static unsigned char bytes[1 << 16];
	LIBBPF_OPTS(btf_dump_type_data_opts, opts);
	__s32 id = btf__find_by_name_kind(btf, name, kind);
	__s64 size = btf__resolve_size(btf, id);
	int i, way;

	printf("%s: %lld\n", name, (long long)size);
	for (way = 0; way < 20 && size > 0; way++) {
		opts.compact = way & 1;
		opts.skip_names = way & 2;
		opts.emit_zeroes = way & 4;
		opts.emit_strings = way & 8;
		opts.indent_level = way % 5;
		opts.indent_str = way % 3 ? "  " : NULL;
		memset(bytes, 0, sizeof(bytes));
		for (i = 0; i < size; i++)
			bytes[i] = way < 2 ? 0 : i % (way + 5) ? 0 : i * way;
		printf("%d\n", btf_dump__dump_type_data(dump, id, bytes, size, &opts));
	}
	/* Too little of it: what follows is zero. */
	memset(bytes, 0, sizeof(bytes));
	memset(bytes, 7, size / 2);
	printf("half: %d\n", btf_dump__dump_type_data(dump, id, bytes, size / 2, NULL) == -E2BIG);
}

static void own(const char *object)
{
	struct btf *btf = btf__parse(object, NULL);
	struct btf_dump *dump = btf_dump__new(btf, on_text, NULL, NULL);
	unsigned char byte = 0;
	__u32 id;

	for (id = 0; id < btf__type_cnt(btf); id++)
		if (btf_dump__dump_type(dump, id))
			printf("failed: %s\n", strerror(errno));
	printf("none: %d\n", btf_dump__dump_type(dump, 100000) == -EINVAL);
	printf("none: %d\n", btf_dump__dump_type_data(dump, 100000, &byte, 1, NULL) == -ENOENT);
	declarations(btf, dump);
	data(btf, dump, "outer", BTF_KIND_STRUCT);
	data(btf, dump, "int", BTF_KIND_INT);
	data(btf, dump, "color", BTF_KIND_ENUM);
	btf_dump__free(dump);
	printf("no printer: %d\n", !btf_dump__new(btf, NULL, NULL, NULL) && errno == EINVAL);
	btf__free(btf);
}

static void kernel(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	struct sum sum = { 0, 2166136261u };
	struct btf_dump *dump = btf_dump__new(btf, on_sum, &sum, NULL);
	__u32 id, failed = 0;

	for (id = 1; id < btf__type_cnt(btf); id++)
		failed += btf_dump__dump_type(dump, id) != 0;
	printf("kernel: %u failed, %llu bytes, %08x\n", failed, sum.bytes, sum.hash);
	btf_dump__free(dump);
	dump = btf_dump__new(btf, on_text, NULL, NULL);
	data(btf, dump, "task_struct", BTF_KIND_STRUCT);
	data(btf, dump, "sk_buff", BTF_KIND_STRUCT);
	btf_dump__free(dump);
	btf__free(btf);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 1;
	libbpf_set_print(silent);
	own(argv[1]);
	kernel();
	btf_dump__free(NULL);
	return 0;
}
