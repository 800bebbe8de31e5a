/* Reads values of BPF's `long` into the program's, which hold the lower half of them in a guest. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "longs.skel.h"

#define DEPTH 127

/* The kernel's part of the stack in both widths; whether they agree. */
static int read_stack(struct longs_bpf *skel)
{
	unsigned long *frames = (unsigned long *)calloc(DEPTH, sizeof(*frames));
	int fd = bpf_map__fd(skel->maps.stacks), agree = 1, count = 0, i;
	__u64 *wide = (__u64 *)calloc(DEPTH, sizeof(*wide));
	__u32 id = (__u32)skel->data->stack, none = 1u << 30;

	printf("read: %d %d\n", bpf_map_lookup_elem(fd, &id, frames), bpf_map_lookup_elem(fd, &id, wide));
	for (i = 0; i < DEPTH; i++) {
		agree &= frames[i] == (unsigned long)wide[i];
		count += !!frames[i];
	}
	printf("missing: %d\n", bpf_map_lookup_elem(fd, &none, frames) != 0);
	free(wide);
	free(frames);
	return agree && count > 1;
}

int main(void)
{
	long count = -7, read_count = 1;
	unsigned long values[1024] = {0}, value = 5, sum = 0;
	unsigned long small = 3;
	struct longs_bpf *skel;
	__u32 key = 0, word = 9;
	__s64 wide = count;
	int i, cpus;

	skel = longs_bpf__open();
	if (!skel)
		return 1;
	printf("set: %d\n", bpf_map__set_value_size(skel->maps.stacks, DEPTH * sizeof(unsigned long)));
	printf("frames: %d\n", (int)bpf_map__value_size(skel->maps.stacks) / 8);
	skel->rodata->target_pid = getpid();
	if (longs_bpf__load(skel) || longs_bpf__attach(skel))
		return 2;
	while (skel->data->stack < 0)
		usleep(1000);
	longs_bpf__detach(skel);
	printf("agree: %d\n", read_stack(skel));

	bpf_map_update_elem(bpf_map__fd(skel->maps.counts), &key, &wide, BPF_ANY);
	printf("%d", bpf_map_lookup_elem(bpf_map__fd(skel->maps.counts), &key, &read_count));
	printf(" %d\n", (int)read_count);

	cpus = libbpf_num_possible_cpus();
	{
		__u64 *all = (__u64 *)calloc((size_t)cpus, sizeof(*all));

		for (i = 0; i < cpus; i++)
			all[i] = value * (unsigned)(i + 1);
		bpf_map_update_elem(bpf_map__fd(skel->maps.each), &key, all, BPF_ANY);
		free(all);
	}
	printf("%d", bpf_map_lookup_elem(bpf_map__fd(skel->maps.each), &key, values));
	for (i = 0; i < cpus; i++)
		sum += values[i] / (unsigned)(i + 1);
	printf(" %d\n", sum == value * (unsigned)cpus);

	/* Four bytes are four bytes. */
	bpf_map_update_elem(bpf_map__fd(skel->maps.narrow), &key, &word, BPF_ANY);
	small = 0;
	printf("%d", bpf_map_lookup_elem(bpf_map__fd(skel->maps.narrow), &key, &small));
	printf(" %d\n", (int)small);
	printf("%d\n", bpf_map_lookup_elem(-1, &key, &small) < 0);
	longs_bpf__destroy(skel);
	return 0;
}
