/* An arena: variables, 10,000 nodes with pointers, written by either side and read by the other. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "arena.h"
#include "arena.skel.h"

static struct arena_bpf *skel;

/* Has the BPF program do something. */
static int order(int what)
{
	struct bpf_link *link = bpf_program__attach_iter(skel->progs.work, NULL);
	char none;
	int fd;

	if (!link)
		return -1;
	skel->bss->order = what;
	fd = bpf_iter_create(bpf_link__fd(link));
	if (fd < 0 || read(fd, &none, 1) != 0)
		return -1;
	close(fd);
	bpf_link__destroy(link);
	return skel->bss->outcome;
}

static const struct item *find(unsigned long long key)
{
	const struct item *node = arena_ptr(skel->arena->table.buckets[bucket_of(key)]);

	while (node && node->key != key)
		node = arena_ptr(node->next);
	return node;
}

int main(void)
{
	unsigned wrong = 0, found = 0;
	size_t size = 0;
	void *start;

	skel = arena_bpf__open();
	if (!skel)
		return 1;
	printf("before load: %llx\n", (unsigned long long)skel->arena->first_value);
	skel->arena->first_value++;
	printf("initial value: %d\n", bpf_map__initial_value(skel->maps.arena, &size) == skel->arena);
	printf("its size: %d\n", size == sizeof(*skel->arena));
	if (arena_bpf__load(skel))
		return 2;
	printf("after load: %llx\n", (unsigned long long)skel->arena->first_value);
	printf("empty: %llu\n", (unsigned long long)skel->arena->table.count);
	start = bpf_map__initial_value(skel->maps.arena, &size);
	printf("variables in the arena: %d\n",
	       (char *)skel->arena >= (char *)start && (char *)(skel->arena + 1) <= (char *)start + 128 * 4096);

	printf("built: %d\n", order(1));
	for (unsigned long long key = 0; key < KEYS; key++) {
		const struct item *node = find(key);

		found += !!node;
		wrong += !node || node->value != value_of(key);
	}
	printf("count %llu, found %u, wrong %u\n", (unsigned long long)skel->arena->table.count, found, wrong);
	printf("absent: %d\n", find(KEYS) == NULL);
	printf("a pointer in .bss: %d\n",
	       arena_cast(struct item, skel->bss->chosen) == arena_ptr(skel->arena->table.last));

	/* A list of the user side's own, for the program, of nodes that were the program's. */
	for (int i = 0; i < 3; i++) {
		struct item *node = arena_ptr(skel->arena->table.buckets[i]);

		node->value = 10 + i;
		if (i)
			arena_ptr_set(node->next, arena_ptr(skel->arena->table.buckets[i - 1]));
		else
			arena_ptr_set(node->next, NULL);
		arena_ptr_set(skel->arena->table.last, node);
	}
	printf("added up: %d\n", order(2));
	arena_bpf__destroy(skel);
	return 0;
}
