/* Finds two functions in /proc/kallsyms, and hands their addresses over as constants, among other numbers. */
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "symbols.skel.h"

int main(void)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	FILE *file = fopen("/proc/kallsyms", "r");
	unsigned long address, function = 0, other = 0;
	char name[128], type;
	struct symbols_bpf *skel = symbols_bpf__open();
	int i;

	if (!file || !skel)
		return 1;
	while (fscanf(file, "%lx %c %127s%*[^\n]\n", &address, &type, name) == 3) {
		if (!strcmp(name, "ksys_read"))
			function = address;
		if (!strcmp(name, "ksys_write"))
			other = address;
	}
	fclose(file);
	printf("found %d %d\n", function != 0, other != 0);
	skel->rodata->function = function;
	skel->rodata->other = (void *)other;
	/* As of a lock on the heap, which a user names by its number. */
	if (sscanf("0xffff888012345678", "0x%lx", &address) != 1)
		return 1;
	skel->rodata->heap = (void *)address;
	skel->rodata->number = 3000000000;
	skel->rodata->small = 7;
	if (symbols_bpf__load(skel))
		return 2;
	printf("run %d\n", bpf_prog_test_run_opts(bpf_program__fd(skel->progs.look), &opts));
	for (i = 0; i < 2; i++)
		printf("result %lld\n", (long long)skel->bss->seen[i] ? (long long)skel->data->results[i] : -1);
	for (i = 0; i < 5; i++)
		printf("seen %llx\n", (unsigned long long)skel->bss->seen[i]);
	symbols_bpf__destroy(skel);
	return 0;
}
