/* Maps: definitions, elements, walks, batches, per-CPU values, queues, maps of its own. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "maps.skel.h"

struct pair {
	unsigned int a, b;
};

static int by_number(const void *left, const void *right)
{
	return *(const unsigned int *)left < *(const unsigned int *)right ? -1 : 1;
}

static void walk(int fd)
{
	unsigned int keys[32], *last = NULL, next, count = 0, i;

	while (count < 32 && !bpf_map_get_next_key(fd, last, &next)) {
		keys[count] = next;
		last = &keys[count++];
	}
	printf("end of keys: %d\n", errno == ENOENT);
	qsort(keys, count, sizeof(*keys), by_number);
	for (i = 0; i < count; i++) {
		struct pair value = { 0, 0 };

		if (bpf_map_lookup_elem(fd, &keys[i], &value))
			printf("lookup: %s\n", strerror(errno));
		printf("%u: %u %u\n", keys[i], value.a, value.b);
	}
}

static void batches(int fd)
{
	DECLARE_LIBBPF_OPTS(bpf_map_batch_opts, opts, .elem_flags = 0, .flags = 0);
	unsigned int keys[32], mark = 0, count = 8, i, sum = 0;
	struct pair values[32];
	int result;

	for (i = 0; i < count; i++) {
		keys[i] = 100 + i;
		values[i].a = values[i].b = i;
	}
	result = bpf_map_update_batch(fd, keys, values, &count, &opts);
	printf("update batch: %d %u\n", result, count);
	count = 32;
	result = bpf_map_lookup_batch(fd, NULL, &mark, keys, values, &count, &opts);
	for (i = 0; i < count; i++)
		sum += keys[i];
	printf("lookup batch: %d %u, sum %u\n", result == -ENOENT, count, sum);
	count = 32;
	result = bpf_map_lookup_and_delete_batch(fd, NULL, &mark, keys, values, &count, &opts);
	printf("delete batch: %d %u\n", result == -ENOENT, count);
	printf("empty: %d\n", bpf_map_get_next_key(fd, NULL, keys) == -ENOENT);
}

static int percpu(struct maps_bpf *skel)
{
	int cpus = libbpf_num_possible_cpus(), i, sum = 0;
	unsigned long long *values = calloc(cpus, 8);
	LIBBPF_OPTS(bpf_test_run_opts, run, .repeat = 1);
	unsigned char packet[64] = { 0 };
	unsigned int key = 1;

	run.data_in = packet;
	run.data_size_in = sizeof(packet);
	printf("run: %d\n", bpf_prog_test_run_opts(bpf_program__fd(skel->progs.touch), &run));
	if (bpf_map__lookup_elem(skel->maps.percpu, &key, sizeof(key), values, 8 * cpus, 0))
		printf("per-CPU lookup: %s\n", strerror(errno));
	for (i = 0; i < cpus; i++)
		sum += (unsigned int)values[i];
	printf("per-CPU sum: %d\n", sum);
	i = bpf_map__lookup_elem(skel->maps.percpu, &key, sizeof(key), values, 4, 0);
	printf("wrong size: %d %d\n", i == -EINVAL, errno == EINVAL);
	free(values);
	return 0;
}

static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

int main(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, create, .map_flags = BPF_F_NO_PREALLOC);
	struct bpf_map_info info;
	unsigned int key, value = 0, length = sizeof(info);
	struct maps_bpf *skel;
	struct bpf_map *map;
	struct pair pair;
	int fd, prog, i;

	libbpf_set_print(silent);
	skel = maps_bpf__open();
	if (!skel)
		return 1;
	bpf_object__for_each_map(map, skel->obj)
		printf("map %s type %d key %u value %u entries %u\n", bpf_map__name(map),
		       bpf_map__type(map), bpf_map__key_size(map), bpf_map__value_size(map),
		       bpf_map__max_entries(map));
	printf("fd before load: %d\n", bpf_map__fd(skel->maps.hash));
	printf("resize: %d\n", bpf_map__set_max_entries(skel->maps.hash, 32));
	printf("resized: %u\n", bpf_map__max_entries(skel->maps.hash));
	if (maps_bpf__load(skel))
		return 1;
	printf("too late: %d\n", bpf_map__set_max_entries(skel->maps.hash, 64) == -EBUSY);
	fd = bpf_map__fd(skel->maps.hash);
	printf("missing: %d\n", (key = 9, bpf_map_lookup_elem(fd, &key, &pair)) == -ENOENT);
	for (key = 0; key < 5; key++) {
		pair.a = key;
		pair.b = key * key;
		if (bpf_map_update_elem(fd, &key, &pair, BPF_NOEXIST))
			printf("update: %s\n", strerror(errno));
	}
	key = 2;
	printf("exists: %d\n", bpf_map_update_elem(fd, &key, &pair, BPF_NOEXIST) == -EEXIST);
	printf("delete: %d\n", bpf_map_delete_elem(fd, &key));
	walk(fd);
	batches(fd);
	percpu(skel);
	for (i = 1; i < 4; i++)
		bpf_map__update_elem(skel->maps.queue, NULL, 0, &i, sizeof(i), 0);
	bpf_map__lookup_and_delete_elem(skel->maps.queue, NULL, 0, &value, sizeof(value), 0);
	printf("queue: %u\n", value);
	key = 0;
	prog = bpf_program__fd(skel->progs.touch);
	printf("program array: %d\n",
	       bpf_map_update_elem(bpf_map__fd(skel->maps.programs), &key, &prog, 0));
	fd = bpf_map_create(BPF_MAP_TYPE_HASH, "own", 4, 8, 4, &create);
	memset(&info, 0, sizeof(info));
	printf("own: %d\n", fd > 0);
	printf("info: %d\n", bpf_map_get_info_by_fd(fd, &info, &length));
	printf("info: %s %u %u %u\n", info.name, info.type, info.key_size, info.value_size);
	printf("close: %d\n", close(fd));
	printf("closed: %d\n", bpf_map_lookup_elem(fd, &key, &pair) == -EBADF);
	maps_bpf__destroy(skel);
	return 0;
}
