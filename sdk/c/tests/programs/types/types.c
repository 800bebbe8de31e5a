/* The kernel's BTF, libbpf's names, errors and probes; no BPF program. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static void names(void)
{
	int i;

	for (i = -1; i < 80; i++) {
		const char *prog = libbpf_bpf_prog_type_str(i), *map = libbpf_bpf_map_type_str(i);
		const char *at = libbpf_bpf_attach_type_str(i), *link = libbpf_bpf_link_type_str(i);

		printf("%d %s %s %s %s\n", i, prog ? prog : "-", map ? map : "-", at ? at : "-",
		       link ? link : "-");
	}
}

static void errors(void)
{
	static const int numbers[] = { EPERM, -ENOENT, EINTR, 4000, 4001, -4007, 4013, 4014, 5000 };
	char text[64];
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		int result = libbpf_strerror(numbers[i], text, sizeof(text));

		/* The C libraries do not agree on the texts of their own errors. */
		printf("%zu: %d %s\n", i, result == -ENOENT,
		       numbers[i] > 0 && numbers[i] < 4000 ? "" : numbers[i] > -4000 && numbers[i] < 0 ? "" : text);
	}
	printf("too short: %d\n", libbpf_strerror(4001, text, 4) == -ERANGE);
}

static void loads(void)
{
	struct bpf_insn good[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 7 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct bpf_insn bad[] = {
		{ .code = BPF_JMP | BPF_EXIT },
	};
	char log[4096] = "";
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .log_buf = log, .log_size = sizeof(log));
	LIBBPF_OPTS(bpf_test_run_opts, run, .repeat = 1);
	unsigned char packet[64] = { 0 };
	int fd;

	fd = bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "seven", "GPL", good, 2, &opts);
	printf("loaded: %d\n", fd > 0);
	run.data_in = packet;
	run.data_size_in = sizeof(packet);
	printf("run: %d\n", bpf_prog_test_run_opts(fd, &run));
	printf("returned: %u\n", run.retval);
	printf("close: %d\n", close(fd));
	printf("again: %d\n", close(fd) == -1 && errno == EBADF);
	fd = bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "bad", "GPL", bad, 1, &opts);
	printf("refused: %d %d\n", fd == -EACCES, strstr(log, "R0 !read_ok") != NULL);
	opts.expected_attach_type = BPF_TRACE_FENTRY;
	opts.attach_btf_id = libbpf_find_vmlinux_btf_id("do_nanosleep", BPF_TRACE_FENTRY);
	good[0].imm = 0;
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "probe", "GPL", good, 2, &opts);
	printf("fentry: %d\n", fd > 0);
	if (fd > 0)
		close(fd);
	opts.expected_attach_type = BPF_TRACE_RAW_TP;
	opts.attach_btf_id = libbpf_find_vmlinux_btf_id("task_newtask", BPF_TRACE_RAW_TP);
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, NULL, "GPL", good, 2, &opts);
	printf("tp_btf: %d\n", fd > 0);
	if (fd > 0)
		close(fd);
}

int main(void)
{
	const struct btf_type *type;
	const struct btf_member *member;
	struct btf *btf;
	int id, i, found = 0;

	libbpf_set_print(silent);
	names();
	loads();
	errors();
	printf("version %u.%u %s\n", libbpf_major_version(), libbpf_minor_version(),
	       libbpf_version_string());
	printf("probes: %d %d %d\n", libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_KPROBE, NULL),
	       libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL),
	       libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_ringbuf_output, NULL));
	btf = btf__load_vmlinux_btf();
	if (!btf)
		return 1;
	id = btf__find_by_name_kind(btf, "task_struct", BTF_KIND_STRUCT);
	type = btf__type_by_id(btf, id);
	printf("task_struct: %d %s %d, %u types\n", id, btf__name_by_offset(btf, type->name_off),
	       btf_is_struct(type), btf__type_cnt(btf));
	printf("size: %lld\n", (long long)btf__resolve_size(btf, id));
	member = btf_members(type);
	for (i = 0; i < btf_vlen(type); i++, member++)
		if (!strcmp(btf__str_by_offset(btf, member->name_off), "pid")) {
			found = 1;
			printf("pid at bit %u of size %lld\n", btf_member_bit_offset(type, i),
			       (long long)btf__resolve_size(btf, member->type));
		}
	printf("found: %d\n", found);
	printf("aligned: %d\n", btf__align_of(btf, id));
	id = btf__find_by_name_kind(btf, "no_such_type", BTF_KIND_STRUCT);
	printf("missing: %d %d\n", id == -ENOENT, errno == ENOENT);
	printf("past the end: %d\n", btf__type_by_id(btf, btf__type_cnt(btf)) == NULL);
	id = btf__find_by_name_kind(btf, "pid_t", BTF_KIND_TYPEDEF);
	printf("pid_t: %d %lld\n", btf__resolve_type(btf, id) > 0,
	       (long long)btf__resolve_size(btf, id));
	printf("hook: %d %d\n", libbpf_find_vmlinux_btf_id("task_newtask", BPF_TRACE_RAW_TP) > 0,
	       libbpf_find_vmlinux_btf_id("no_such_hook", BPF_TRACE_RAW_TP) == -ENOENT);
	btf__free(btf);
	return 0;
}
