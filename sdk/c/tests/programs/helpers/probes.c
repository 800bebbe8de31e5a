/* What tools ask of a kernel before they choose their programs. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "probes.h"

static struct bpf_insn instructions[] = {
	{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
	{.code = BPF_JMP | BPF_EXIT},
};

static bool loads(enum bpf_prog_type type, const char *name, struct bpf_prog_load_opts *opts)
{
	int fd = bpf_prog_load(type, name, "GPL", instructions, sizeof(instructions) / sizeof(*instructions), opts);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool typed_tracepoint(const char *name)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_RAW_TP);

	opts.attach_btf_id = (__u32)libbpf_find_vmlinux_btf_id(name, BPF_TRACE_RAW_TP);
	return loads(BPF_PROG_TYPE_TRACING, NULL, &opts);
}

static bool ring_buffer(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, NULL, 0, 0, (__u32)getpagesize(), NULL);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Whether the kernel's types, or a module's, have a function of that name. */
static bool typed_function(const char *name, const char *module)
{
	struct btf *kernel = btf__load_vmlinux_btf(), *own = NULL;
	int id;

	if (libbpf_get_error(kernel))
		return false;
	if (module) {
		own = btf__load_module_btf(module, kernel);
		if (libbpf_get_error(own))
			own = NULL;
	}
	id = btf__find_by_name_kind(own ? own : kernel, name, BTF_KIND_FUNC);
	btf__free(own);
	btf__free(kernel);
	return id > 0;
}

static bool tracepoint(const char *category, const char *event)
{
	const char *debug = "/sys/kernel/debug/tracing", *trace = "/sys/kernel/tracing";
	bool has_debug = !faccessat(AT_FDCWD, debug, F_OK, AT_EACCESS);
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/events/%s/%s/format", has_debug ? debug : trace, category, event);
	return !access(path, F_OK);
}

void probes_print(void)
{
	printf("typed tracepoint: %d %d\n", typed_tracepoint("sched_switch"), typed_tracepoint("no_such_thing"));
	printf("ring buffer: %d\n", ring_buffer());
	printf("typed function: %d %d %d\n", typed_function("vfs_read", NULL), typed_function("no_such_function", NULL),
	       typed_function("vfs_read", "no_such_module"));
	printf("tracepoint: %d %d\n", tracepoint("sched", "sched_switch"), tracepoint("sched", "no_such_event"));
	printf("types: %d %d\n", access("/sys/kernel/btf/vmlinux", R_OK), access("/sys/kernel/btf/no_such_module", R_OK));
	printf("kprobe program: %d\n", loads(BPF_PROG_TYPE_KPROBE, NULL, NULL));
}
