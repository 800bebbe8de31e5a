/* A program written for libbpf and bpftool's skeletons: C11 and C++17. */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "globals.h"
#include "globals.skel.h"

int main(void)
{
	struct globals *skel = globals__open();
	int address = 0;

	assert(skel);
	assert(skel->rodata->step == 1 && skel->rodata->limit == 10 && !skel->rodata->enabled);
	assert(skel->rodata_limits->custom_limit == 3);
	skel->rodata->target = getpid();
	skel->rodata->step = 3;
	skel->rodata->enabled = true;
	assert(!skel->rodata->chosen && !skel->rodata->skipped);
	skel->rodata->chosen = &address;
	skel->data->pair.y = -5;
	assert(bpf_map__set_max_entries(skel->maps.by_pid, 16) == 0);
	assert(bpf_program__set_autoload(skel->progs.on_exit, false) == 0);
	assert(globals__load(skel) == 0);
	assert(globals__attach(skel) == 0);
	assert(skel->links.on_enter && !skel->links.on_exit);
	for (int i = 0; i < 20; i++)
		syscall(SYS_getppid);
	globals__detach(skel);

	assert(bpf_map__max_entries(skel->maps.by_pid) == 16);
	assert(bpf_map__fd(skel->maps.events) > 0);
	assert(skel->kconfig->LINUX_KERNEL_VERSION > 0 && skel->kconfig->CONFIG_BPF);
	assert(skel->data->mode == MODE_ON && skel->data->pair.x == 1 && skel->data->pair.y == -5);
	assert(skel->data->plain.a == 1 && skel->data->plain.b == 2 && skel->data->plain.c == 3);
	assert(skel->data_custom->custom == 9);
	assert(skel->bss->last.pid == getpid() && skel->bss->last.total_vm > 0);
	assert(strcmp(skel->bss->last.comm, "user") == 0);
	assert(skel->bss->histogram[2][3] == 4 && skel->bss->histogram[2][2] == 0);
	assert(skel->bss->flags[1] == 12 && skel->bss->last_pointer != 0);
	assert(skel->rodata->chosen == &address && skel->bss->seen == (unsigned long)&address);
	printf("count %lld\n", (long long)skel->bss->count);
	globals__destroy(skel);
	return 0;
}
