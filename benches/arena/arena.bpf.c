// Builds the table when its iterator is read: programs that may sleep can allocate pages.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "arena.h"

char LICENSE[] SEC("license") = "GPL";

#define PAGE_SIZE 4096
#define PER_PAGE (PAGE_SIZE / sizeof(struct entry))

struct {
	__uint(type, BPF_MAP_TYPE_ARENA);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 128);
} arena SEC(".maps");

struct table __arena table;

// A variable, so that the verifier does not follow each round of the loop.
unsigned wanted = KEYS;
unsigned built;

SEC("iter.s/task")
int build(struct bpf_iter__task *ctx)
{
	struct entry __arena *page = NULL, *entry;
	unsigned key;

	for (key = built; key < wanted && can_loop; key++) {
		if (key % PER_PAGE == 0 || !page)
			page = bpf_arena_alloc_pages(&arena, NULL, 1, ARENA_NO_NODE, 0);
		if (!page)
			break;
		entry = page + key % PER_PAGE;
		entry->key = key;
		entry->value = value_of(key);
		arena_ptr_set(entry->next, arena_ptr(table.buckets[bucket_of(key)]));
		arena_ptr_set(table.buckets[bucket_of(key)], entry);
	}
	built = key;
	return 0;
}
