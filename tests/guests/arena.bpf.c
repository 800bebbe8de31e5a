// An arena of 16 pages. Reading the iterator has the program do what `order` says.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define __arena __attribute__((address_space(1)))

char LICENSE[] SEC("license") = "GPL";

void __arena *bpf_arena_alloc_pages(void *arena, void __arena *at, u32 count, int node, u64 flags) __ksym __weak;
void bpf_arena_free_pages(void *arena, void __arena *at, u32 count) __ksym __weak;

struct {
	__uint(type, BPF_MAP_TYPE_ARENA);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 16);
} arena SEC(".maps");

enum { NOTHING, ALLOCATE, FREE, COUNT };

// What to do next; allocated and freed pages by their address; what was counted.
struct {
	u32 order;
	u64 pages;
	u64 sum;
} variables;

SEC("iter.s/task")
int work(struct bpf_iter__task *ctx)
{
	u64 __arena *first = (u64 __arena *)variables.pages;
	u32 now = variables.order;

	variables.order = NOTHING;
	if (now == ALLOCATE) {
		first = bpf_arena_alloc_pages(&arena, NULL, 4, -1, 0);
		variables.pages = (u64)first;
		if (first)
			*first = 0x1234;
	} else if (now == FREE) {
		bpf_arena_free_pages(&arena, (void __arena *)variables.pages, 4);
	} else if (now == COUNT) {
		variables.sum += *first;
	}
	return 0;
}
