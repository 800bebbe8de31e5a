/*
 * Writes into one map of map_types.bpf.c and reads what comes back: map_types MAP [CGROUP]
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "map_types.skel.h"

/* As many CPUs as a per-CPU value can have here. */
#define CPUS 256

static void check(int ok, const char *what)
{
	if (ok)
		return;
	printf("%s failed: %s\n", what, strerror(errno));
	exit(1);
}

/* A value, and what it is changed to; a per-CPU map has one for each CPU. */
static void values(int map, const void *key, size_t size, size_t count, int can_delete)
{
	static unsigned char in[8 * CPUS], out[8 * CPUS];
	size_t i;

	for (i = 0; i < size * count; i++)
		in[i] = (unsigned char)(i + 1);
	check(!bpf_map_update_elem(map, key, in, BPF_ANY), "update");
	check(!bpf_map_lookup_elem(map, key, out), "lookup");
	check(!memcmp(in, out, size * count), "comparison");
	check(!can_delete || !bpf_map_delete_elem(map, key), "delete");
	check(!can_delete || bpf_map_lookup_elem(map, key, out) < 0, "absence");
}

/* Small numbers that stand for something of the kernel's: a processor's queue, a device. */
static void number(int map, unsigned int in)
{
	unsigned int key = 0, out = 0;

	check(!bpf_map_update_elem(map, &key, &in, BPF_ANY), "update");
	check(!bpf_map_lookup_elem(map, &key, &out) && out == in, "lookup");
	check(!bpf_map_delete_elem(map, &key), "delete");
}

/* In at the back; out at the front, or at the back. */
static void keyless(int map, int first)
{
	unsigned long long value;
	int i;

	for (i = 1; i <= 4; i++) {
		value = i;
		check(!bpf_map_update_elem(map, NULL, &value, BPF_ANY), "push");
	}
	check(!bpf_map_lookup_and_delete_elem(map, NULL, &value) && value == (unsigned)first, "pop");
}

static void bloom(int map)
{
	unsigned long long known = 7, unknown = 8;

	check(!bpf_map_update_elem(map, NULL, &known, BPF_ANY), "push");
	check(!bpf_map_lookup_elem(map, NULL, &known), "known");
	check(bpf_map_lookup_elem(map, NULL, &unknown) < 0, "unknown");
}

/* Descriptors: in goes a handle, out comes the kernel's id of it, if anything. */
static void descriptor(int map, int handle, int comes_back)
{
	unsigned int key = 0, id = 0;

	check(handle >= 0, "open");
	check(!bpf_map_update_elem(map, &key, &handle, BPF_ANY), "update");
	check(!comes_back || (!bpf_map_lookup_elem(map, &key, &id) && id), "lookup");
	check(!bpf_map_delete_elem(map, &key), "delete");
}

static int inner(void)
{
	return bpf_map_create(BPF_MAP_TYPE_ARRAY, "inner", 4, 8, 4, NULL);
}

static int clock_event(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
	};

	return syscall(__NR_perf_event_open, &attr, -1, 0, -1, 0);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "", *cgroup = argc > 2 ? argv[2] : "";
	struct map_types_bpf *skel = map_types_bpf__open();
	unsigned int key = 1, cpus = libbpf_num_possible_cpus();
	unsigned long long prefix = 8;
	struct bpf_map *map;
	int fd;

	check(skel != NULL && cpus <= CPUS, "open");
	bpf_object__for_each_map(map, skel->obj)
		bpf_map__set_autocreate(map, !strcmp(bpf_map__name(map), name));
	check(!map_types_bpf__load(skel), "load");
	fd = bpf_object__find_map_fd_by_name(skel->obj, name);
	check(fd >= 0, name);

	if (!strcmp(name, "lpm_trie"))
		values(fd, &prefix, 8, 1, 1);
	else if (strstr(name, "percpu"))
		values(fd, &key, 8, cpus, !strstr(name, "array"));
	else if (strstr(name, "_of_maps"))
		descriptor(fd, inner(), 1);
	else if (!strcmp(name, "prog_array"))
		descriptor(fd, bpf_program__fd(skel->progs.observe), 1);
	else if (!strcmp(name, "perf_event_array"))
		descriptor(fd, clock_event(), 0);
	else if (!strcmp(name, "cgroup_array"))
		descriptor(fd, open(cgroup, O_RDONLY | O_DIRECTORY), 0);
	else if (!strcmp(name, "cgrp_storage"))
		values(fd, &(int){open(cgroup, O_RDONLY | O_DIRECTORY)}, 8, 1, 1);
	else if (!strcmp(name, "cpumap"))
		number(fd, 64);
	else if (strstr(name, "devmap"))
		number(fd, 1);
	else if (!strcmp(name, "queue"))
		keyless(fd, 1);
	else if (!strcmp(name, "stack"))
		keyless(fd, 4);
	else if (!strcmp(name, "bloom_filter"))
		bloom(fd);
	else
		values(fd, &key, 8, 1, strcmp(name, "array") != 0);
	printf("%s is whole\n", name);
	map_types_bpf__destroy(skel);
	return 0;
}
