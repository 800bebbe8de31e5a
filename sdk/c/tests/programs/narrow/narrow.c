/* Elements with `long`, `size_t` and pointers, as programs for native libbpf use them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "narrow.h"
#include "narrow.skel.h"

/* What a program of the kernel would have stored: whole addresses, two of them with the same lower half. */
static const __u64 names[] = {0xffff888100001000ull, 0xffff888200001000ull, 0xffff8881deadbee0ull, 0x5000};

static int by_value(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(__u64));
}

static void pointers(int fd)
{
	char *key = NULL, **previous = NULL;
	__u64 value, values[8], i;
	int count = 0, deleted = 0;

	for (i = 0; i < 4; i++) {
		value = i * 1000 + 7;
		bpf_map_update_elem(fd, &names[i], &value, BPF_ANY);
	}
	while (!bpf_map_get_next_key(fd, previous, &key)) {
		if (count == 8 || bpf_map_lookup_elem(fd, &key, &values[count++]))
			printf("a key is not found\n");
		previous = &key;
	}
	printf("end: %d\n", errno == ENOENT);
	qsort(values, (size_t)count, sizeof(values[0]), by_value);
	for (i = 0; i < (__u64)count; i++)
		printf("%llu ", values[i]);
	previous = NULL;
	while (!bpf_map_get_next_key(fd, previous, &key)) {
		deleted += !bpf_map_delete_elem(fd, &key);
		previous = NULL;
	}
	printf("deleted: %d\n", deleted);
}

static void numbers(const struct bpf_map *map)
{
	int fd = bpf_map__fd(map);
	long key = -14, next = 0, found = 0;
	unsigned long value = 3000000000ul, read = 0;
	__s64 wide_key = -14;
	__u64 wide = 0;

	printf("update: %d\n", bpf_map_update_elem(fd, &key, &value, BPF_NOEXIST));
	printf("again: %d\n", bpf_map_update_elem(fd, &key, &value, BPF_NOEXIST) == -EEXIST);
	printf("whole: %d %llu\n", bpf_map_lookup_elem(fd, &wide_key, &wide), wide);
	printf("first: %d %ld\n", bpf_map_get_next_key(fd, NULL, &next), next);
	printf("by name: %d", bpf_map__lookup_elem(map, &next, sizeof(next), &read, sizeof(read), 0));
	printf(" %lu\n", read);
	value = 5;
	printf("by name: %d", bpf_map__update_elem(map, &next, sizeof(next), &value, sizeof(value), BPF_EXIST));
	printf(" %d", bpf_map__get_next_key(map, NULL, &found, sizeof(found)));
	printf(" %ld", found);
	printf(" %d", bpf_map__lookup_and_delete_elem(map, &found, sizeof(found), &read, sizeof(read), 0));
	printf(" %lu\n", read);
	printf("gone: %d\n", bpf_map_delete_elem(fd, &key) == -ENOENT);
	libbpf_set_print(NULL);
	printf("wrong size: %d\n", bpf_map__lookup_elem(map, &key, 2, &read, sizeof(read), 0) == -EINVAL);
}

static void structs(int fd)
{
	struct traffic traffic = {3, 4000, {5, {-6, 7}}, 8000000000000ull, 9}, read;
	struct place place = {(void *)0x1234, 80}, next;
	struct traffic *all;
	__u32 zero = 0;
	int i;

	/* Padding is a part of keys. */
	memset(&next, 0, sizeof(next));
	memset(&read, 0xff, sizeof(read));
	printf("update: %d\n", bpf_map_update_elem(fd, &place, &traffic, BPF_ANY));
	printf("next: %d", bpf_map_get_next_key(fd, NULL, &next));
	printf(" %lx %d\n", (unsigned long)next.where, next.port);
	printf("lookup: %d", bpf_map_lookup_elem(fd, &next, &read));
	printf(" %d %zu %d %ld %ld %llu %u\n", read.kind, read.sent, read.inner.flags, read.inner.balance[0],
	       read.inner.balance[1], read.received, read.last);
	all = calloc(4, sizeof(*all));
	printf("take: %d", bpf_map_lookup_and_delete_elem(fd, &next, all));
	for (i = 0; i < 4; i++)
		printf(" %zu", all[i].sent);
	printf("\nnone: %d\n", bpf_map_lookup_elem(fd, &zero, all) < 0 && bpf_map_lookup_elem(fd, &place, all) < 0);
	free(all);
}

static void of_cpus(const struct bpf_map *map)
{
	int cpus = libbpf_num_possible_cpus(), i;
	struct traffic *all = calloc((size_t)cpus, sizeof(*all));
	size_t sent = 0;
	__u32 zero = 0;

	for (i = 0; i < cpus; i++) {
		all[i].sent = 10;
		all[i].last = (unsigned int)i;
	}
	printf("update: %d\n", bpf_map__update_elem(map, &zero, sizeof(zero), all, sizeof(*all) * (size_t)cpus, BPF_ANY));
	memset(all, 0xff, sizeof(*all) * (size_t)cpus);
	printf("lookup: %d\n", bpf_map_lookup_elem(bpf_map__fd(map), &zero, all));
	for (i = 0; i < cpus; i++)
		sent += all[i].sent * (all[i].last == (unsigned int)i);
	printf("sum: %d\n", sent == 10 * (size_t)cpus);
	free(all);
}

/* Literals, whose commas are not a macro's. */
static void literals(int fd)
{
	struct pair pair = {0, 0};

	printf("update: %d\n", bpf_map_update_elem(fd, &(struct pair){1, 2}, &(struct pair){3, 4}, BPF_ANY));
	printf("lookup: %d", bpf_map_lookup_elem(fd, &(struct pair){1, 2}, &pair));
	printf(" %d %d\n", pair.first, pair.second);
	printf("delete: %d\n", bpf_map_delete_elem(fd, &(struct pair){1, 2}));
}

int main(void)
{
	struct narrow_bpf *skel = narrow_bpf__open_and_load();

	if (!skel)
		return 1;
	pointers(bpf_map__fd(skel->maps.by_name));
	numbers(skel->maps.by_number);
	structs(bpf_map__fd(skel->maps.flows));
	of_cpus(skel->maps.each);
	literals(bpf_map__fd(skel->maps.pairs));
	narrow_bpf__destroy(skel);
	return 0;
}
