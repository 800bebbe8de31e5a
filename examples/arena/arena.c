// Counts the programs that this machine starts, by name, until Ctrl-C. The BPF program keeps a hash table with plain
// pointers, which are the guest's pointers too.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "arena.h"
#include "arena.skel.h"

static volatile sig_atomic_t exiting;

static void on_signal(int signal)
{
	(void)signal;
	exiting = 1;
}

/* Has the BPF program allocate its nodes, which takes one that may sleep; 0 or -errno. */
static int allocate(struct arena_bpf *skel)
{
	char none;
	int fd, err;

	skel->links.allocate = bpf_program__attach_iter(skel->progs.allocate, NULL);
	if (!skel->links.allocate)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(skel->links.allocate));
	if (fd < 0)
		return fd;
	err = read(fd, &none, sizeof(none)) < 0 ? -errno : 0;
	close(fd);
	return err || skel->bss->pool_size ? err : -ENOMEM;
}

static int by_runs(const void *a, const void *b)
{
	const struct program *left = *(const struct program *const *)a;
	const struct program *right = *(const struct program *const *)b;

	if (left->runs != right->runs)
		return left->runs < right->runs ? 1 : -1;
	return strncmp(left->name, right->name, NAME_SIZE);
}

/* Prints all programs, those that ran most first; 0 or -errno. */
static int print(const struct arena_bpf *skel)
{
	const struct table *table = &skel->arena->table;
	size_t count = 0, room = skel->bss->pool_used;
	const struct program **found = calloc(room + 1, sizeof(*found));

	if (!found)
		return -ENOMEM;
	for (int bucket = 0; bucket < BUCKETS; bucket++)
		for (const struct program *program = arena_ptr(table->buckets[bucket]);
		     program && count < room; program = arena_ptr(program->next))
			found[count++] = program;
	qsort(found, count, sizeof(*found), by_runs);
	printf("%-16s %s\n", "PROGRAM", "RUNS");
	for (size_t i = 0; i < count; i++)
		printf("%-16.*s %llu\n", NAME_SIZE, found[i]->name, found[i]->runs);
	if (skel->bss->lost)
		fprintf(stderr, "arena: %llu more programs were not counted: the arena is full\n",
			(unsigned long long)skel->bss->lost);
	free(found);
	return 0;
}

int main(int argc, char **argv)
{
	struct arena_bpf *skel;
	int err;

	if (argc > 1) {
		puts("Usage: arena\n\nCount the programs that this machine starts, by name, until Ctrl-C.");
		return !strcmp(argv[1], "-h") ? 0 : 1;
	}
	skel = arena_bpf__open_and_load();
	if (!skel)
		return 1;
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	err = allocate(skel);
	if (!err)
		err = arena_bpf__attach(skel);
	if (!err) {
		printf("Counting programs... Hit Ctrl-C to end.\n");
		fflush(stdout);
		while (!exiting)
			pause();
		printf("\n");
		err = print(skel);
	}
	if (err)
		fprintf(stderr, "arena: %s\n", strerror(-err));
	arena_bpf__destroy(skel);
	return err ? 1 : 0;
}
