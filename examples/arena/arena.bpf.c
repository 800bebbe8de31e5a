// Counts the programs that are started, by name, in a hash table of its own making: nodes with pointers, in an arena.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "arena.h"

char LICENSE[] SEC("license") = "GPL";

#define PAGE_SIZE 4096
#define POOL_PAGES 64
#define NODES_PER_PAGE (PAGE_SIZE / sizeof(struct program))

// The variables below take pages too.
struct {
	__uint(type, BPF_MAP_TYPE_ARENA);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, POOL_PAGES + 2);
} arena SEC(".maps");

struct table __arena table;

struct program __arena *pool;
u32 pool_size;
u32 pool_used;
// Starts that found no node left.
u64 lost;

static struct bpf_spin_lock lock SEC(".data.lock");

// Only programs that may sleep can allocate pages: the guest runs this one, by reading the iterator. What it is called
// for, once for each task, does not matter.
SEC("iter.s/task")
int allocate(struct bpf_iter__task *ctx)
{
	if (pool)
		return 0;
	pool = bpf_arena_alloc_pages(&arena, NULL, POOL_PAGES, ARENA_NO_NODE, 0);
	if (pool)
		pool_size = POOL_PAGES * NODES_PER_PAGE;
	return 0;
}

static u32 bucket_of(const char *name)
{
	u32 hash = 5381;

	for (int i = 0; i < NAME_SIZE && name[i]; i++)
		hash = hash * 33 + name[i];
	return hash % BUCKETS;
}

static bool is_called(const struct program __arena *program, const char *name)
{
	for (int i = 0; i < NAME_SIZE; i++)
		if (program->name[i] != name[i])
			return false;
	return true;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(count, struct task_struct *task, pid_t old_pid, struct linux_binprm *binprm)
{
	struct program __arena *program;
	char name[NAME_SIZE] = {};
	u32 bucket;

	bpf_get_current_comm(name, sizeof(name));
	bucket = bucket_of(name);
	bpf_spin_lock(&lock);
	program = arena_ptr(table.buckets[bucket]);
	while (program && !is_called(program, name) && can_loop)
		program = arena_ptr(program->next);
	if (!program && pool_used < pool_size) {
		program = &pool[pool_used++];
		for (int i = 0; i < NAME_SIZE; i++)
			program->name[i] = name[i];
		arena_ptr_set(program->next, arena_ptr(table.buckets[bucket]));
		arena_ptr_set(table.buckets[bucket], program);
	}
	if (program)
		program->runs++;
	else
		lost++;
	bpf_spin_unlock(&lock);
	return 0;
}
