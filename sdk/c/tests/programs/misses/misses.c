/* Says how often the kernel ran a program and how often it skipped it, because it ran already. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "misses.skel.h"

static void show(const struct bpf_program *program)
{
	struct bpf_prog_info info;
	unsigned int size = sizeof(info);

	memset(&info, 0, sizeof(info));
	printf("info: %d\n", bpf_prog_get_info_by_fd(bpf_program__fd(program), &info, &size));
	/* Other processes print too. */
	printf("%s: ran %d, took time %d, skipped %d\n", info.name, info.run_cnt >= 3, info.run_time_ns >= info.run_cnt,
	       info.recursion_misses >= 3);
}

int main(void)
{
	struct misses_bpf *skel = misses_bpf__open_and_load();
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int i;

	if (!skel)
		return 1;
	show(skel->progs.on_print);
	skel->bss->process = getpid();
	if (misses_bpf__attach(skel))
		return 1;
	for (i = 0; i < 3; i++)
		bpf_prog_test_run_opts(bpf_program__fd(skel->progs.print), &opts);
	show(skel->progs.on_print);
	printf("own runs: %u\n", skel->bss->runs);
	misses_bpf__destroy(skel);
	return 0;
}
