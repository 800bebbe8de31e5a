/* Builds the table, or adds up what the user side has written, when its iterator is read. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "arena.h"

char LICENSE[] SEC("license") = "GPL";

#define PAGE_SIZE 4096
#define PER_PAGE (PAGE_SIZE / sizeof(struct item))

struct {
	__uint(type, BPF_MAP_TYPE_ARENA);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 128);
} arena SEC(".maps");

unsigned long long __arena first_value = 0x1234567890abcdef;
struct items __arena table;

/* What to do next. */
int order;
int outcome;
/* Variables, so that the verifier does not follow each round of the loop. */
unsigned first_key = 0, last_key = KEYS - 1;
struct item __arena *chosen;

static void build(void)
{
	struct item __arena *page = NULL, *node;
	unsigned key;

	for (key = first_key; key <= last_key && can_loop; key++) {
		if (key % PER_PAGE == 0)
			page = bpf_arena_alloc_pages(&arena, NULL, 1, ARENA_NO_NODE, 0);
		if (!page) {
			outcome = -1;
			return;
		}
		node = page + key % PER_PAGE;
		node->key = key;
		node->value = value_of(key);
		arena_ptr_set(node->next, arena_ptr(table.buckets[bucket_of(key)]));
		arena_ptr_set(table.buckets[bucket_of(key)], node);
		arena_ptr_set(table.last, node);
		table.count++;
	}
	chosen = arena_ptr(table.last);
	outcome = 1;
}

static void add_up(void)
{
	struct item __arena *node = arena_ptr(table.last);

	outcome = 0;
	while (node && can_loop) {
		outcome += (int)node->value;
		node = arena_ptr(node->next);
	}
}

SEC("iter.s/task")
int work(struct bpf_iter__task *ctx)
{
	int now = order;

	order = 0;
	if (now == 1)
		build();
	else if (now == 2)
		add_up();
	return 0;
}
