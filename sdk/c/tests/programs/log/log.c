/* The verifier's log in buffers of the program's own. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "log.skel.h"

static char of_object[1 << 16], of_program[1 << 16];

/* Only libbpf's own words: a log would be among them. */
static int on_message(enum libbpf_print_level level, const char *format, va_list args)
{
	static char text[1 << 16];

	vsnprintf(text, sizeof(text), format, args);
	if (level == LIBBPF_WARN)
		printf("said: %s", text);
	return 0;
}

static void load(const char *how, int with_bad, __u32 object_level, __u32 program_level, size_t object, size_t program)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .kernel_log_level = object_level);
	struct log_bpf *skel;
	size_t size;

	memset(of_object, 0, sizeof(of_object));
	memset(of_program, 0, sizeof(of_program));
	if (object) {
		opts.kernel_log_buf = of_object;
		opts.kernel_log_size = object;
	}
	skel = log_bpf__open_opts(&opts);
	printf("\n== %s: %d\n", how, skel != NULL);
	if (!skel)
		return;
	bpf_program__set_autoload(skel->progs.bad, with_bad);
	bpf_program__set_log_level(skel->progs.good, program_level);
	if (program)
		printf("set: %d\n", bpf_program__set_log_buf(skel->progs.good, of_program, program));
	printf("kept: %d", bpf_program__log_buf(skel->progs.good, &size) == (program ? of_program : NULL));
	printf(" %zu\n", size);
	printf("load: %d\n", log_bpf__load(skel) ? errno != 0 : 0);
	printf("object: %zu\n%s\n", strlen(of_object), of_object);
	printf("program: %zu\n%s\n", strlen(of_program), of_program);
	log_bpf__destroy(skel);
}

int main(void)
{
	LIBBPF_OPTS(bpf_object_open_opts, wrong, .kernel_log_size = 100);
	struct log_bpf *skel = log_bpf__open();

	libbpf_set_print(on_message);
	printf("no buffer: %d\n", !log_bpf__open_opts(&wrong) && errno == EINVAL);
	printf("no buffer: %d\n", bpf_program__set_log_buf(skel->progs.good, NULL, 100) == -EINVAL);
	bpf_program__set_autoload(skel->progs.bad, false);
	printf("loaded: %d\n", log_bpf__load(skel));
	printf("too late: %d\n", bpf_program__set_log_buf(skel->progs.good, of_program, 100) == -EBUSY);
	log_bpf__destroy(skel);

	load("silent", 0, 0, 0, sizeof(of_object), sizeof(of_program));
	load("refused", 1, 0, 0, sizeof(of_object), sizeof(of_program));
	load("told", 0, 2, 2, sizeof(of_object), sizeof(of_program));
	load("the object's", 0, 1, 1, sizeof(of_object), 0);
	load("the program's", 0, 1, 1, 0, sizeof(of_program));
	load("refused, told", 1, 1, 0, sizeof(of_object), 0);
	return 0;
}
