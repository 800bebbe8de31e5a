/*
 * Writes into maps of map_types.bpf.c, one after the other, and reads what comes back: map_types CGROUP MAP... Where a
 * map is for sockets or tasks, the standard input is one.
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

/* Sockets: in goes the standard input, out comes its number with the kernel. */
static void socket_number(int map)
{
	unsigned long long in = 0, out = 0;
	unsigned int key = 0;

	check(!bpf_map_update_elem(map, &key, &in, BPF_ANY), "update");
	check(!bpf_map_lookup_elem(map, &key, &out) && out, "lookup");
	check(!bpf_map_delete_elem(map, &key), "delete");
	check(bpf_map_lookup_elem(map, &key, &out) < 0, "absence");
}

/* Sockets of which nothing comes out: there is something to replace, or not. */
static void place(int map)
{
	unsigned int key = 0, in = 0;

	check(bpf_map_update_elem(map, &key, &in, BPF_EXIST) == -ENOENT, "absence");
	check(!bpf_map_update_elem(map, &key, &in, BPF_NOEXIST), "update");
	check(!bpf_map_update_elem(map, &key, &in, BPF_EXIST), "presence");
	check(!bpf_map_delete_elem(map, &key), "delete");
	check(bpf_map_update_elem(map, &key, &in, BPF_EXIST) == -ENOENT, "absence");
}

/* Values that a cgroup has as long as a program is attached there. */
static void attached(int map, struct bpf_program *program, const char *cgroup, size_t count)
{
	struct bpf_link *link = bpf_program__attach_cgroup(program, open(cgroup, O_RDONLY | O_DIRECTORY));
	unsigned long long key = 0;

	check(link != NULL, "attach");
	check(!bpf_map_get_next_key(map, NULL, &key) && key, "key");
	values(map, &key, 8, count, 0);
}

static void run(struct bpf_program *program)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	check(!bpf_prog_test_run_opts(bpf_program__fd(program), &opts) && !opts.retval, "run");
}

static void stack(int map, struct map_types_bpf *skel)
{
	unsigned long long frames[8] = {0};
	unsigned int key;

	run(skel->progs.use_stack_trace);
	key = skel->bss->answer;
	check(!bpf_map_lookup_elem(map, &key, frames) && frames[0], "lookup");
	check(!bpf_map_delete_elem(map, &key), "delete");
	check(bpf_map_lookup_elem(map, &key, frames) < 0, "absence");
}

static int on_record(void *context, void *data, size_t size)
{
	*(unsigned long long *)context += size == 8 ? *(unsigned long long *)data : 0;
	return 0;
}

/* What a program puts in comes out. */
static void ring(int map, struct map_types_bpf *skel)
{
	unsigned long long got = 0;
	struct ring_buffer *ring = ring_buffer__new(map, on_record, &got, NULL);

	check(ring != NULL, "ring_buffer__new");
	run(skel->progs.use_ringbuf);
	check(ring_buffer__consume(ring) == 1 && got == 4711, "record");
	ring_buffer__free(ring);
}

/* What the guest puts in a program takes out. */
static void user_ring(int map, struct map_types_bpf *skel)
{
	struct user_ring_buffer *ring = user_ring_buffer__new(map, NULL);
	unsigned long long *record = ring ? user_ring_buffer__reserve(ring, sizeof(*record)) : NULL;

	check(record != NULL, "user_ring_buffer__reserve");
	*record = 4711;
	user_ring_buffer__submit(ring, record);
	run(skel->progs.use_user_ringbuf);
	check(skel->bss->answer == 4711, "record");
	user_ring_buffer__free(ring);
}

/* The kernel adds to the place in the source where that is in the program. */
static void instructions(int map)
{
	unsigned int key = 0, in[4] = {1}, out[4] = {0};

	check(!bpf_map_update_elem(map, &key, in, BPF_ANY), "update");
	check(!bpf_map_lookup_elem(map, &key, out) && out[0] == 1, "lookup");
}

/* Only this map, and the program that uses it. */
static void choose(struct map_types_bpf *skel, const char *name)
{
	struct bpf_program *program;
	struct bpf_map *map;
	const char *used;

	bpf_object__for_each_map(map, skel->obj)
		bpf_map__set_autocreate(map, !strcmp(bpf_map__name(map), name) || bpf_map__is_internal(map));
	bpf_object__for_each_program(program, skel->obj) {
		used = bpf_program__name(program);
		if (!strncmp(used, "use_", 4))
			bpf_program__set_autoload(program, !strcmp(used + 4, name));
	}
}

static void try(const char *name, const char *cgroup)
{
	struct map_types_bpf *skel = map_types_bpf__open();
	unsigned int key = 1, cpus = libbpf_num_possible_cpus();
	unsigned long long prefix = 8;
	int fd;

	check(skel != NULL && cpus <= CPUS, "open");
	choose(skel, name);
	check(!map_types_bpf__load(skel), "load");
	fd = bpf_object__find_map_fd_by_name(skel->obj, name);
	check(fd >= 0, name);

	if (!strcmp(name, "lpm_trie"))
		values(fd, &prefix, 8, 1, 1);
	else if (!strcmp(name, "cgroup_storage"))
		attached(fd, skel->progs.use_cgroup_storage, cgroup, 1);
	else if (!strcmp(name, "percpu_cgroup_storage"))
		attached(fd, skel->progs.use_percpu_cgroup_storage, cgroup, cpus);
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
	else if (!strncmp(name, "sock", 4) || !strcmp(name, "reuseport_sockarray"))
		socket_number(fd);
	else if (!strcmp(name, "xskmap"))
		place(fd);
	else if (!strcmp(name, "sk_storage") || !strcmp(name, "task_storage"))
		values(fd, &(int){0}, 8, 1, 1);
	else if (!strcmp(name, "inode_storage"))
		values(fd, &(int){open(cgroup, O_RDONLY | O_DIRECTORY)}, 8, 1, 1);
	else if (!strcmp(name, "stack_trace"))
		stack(fd, skel);
	else if (!strcmp(name, "ringbuf"))
		ring(fd, skel);
	else if (!strcmp(name, "user_ringbuf"))
		user_ring(fd, skel);
	else if (!strcmp(name, "insn_array"))
		instructions(fd);
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
}

int main(int argc, char **argv)
{
	int i;

	for (i = 2; i < argc; i++)
		try(argv[i], argv[1]);
	return 0;
}
