// arena MODE: an arena in guest memory, by the imports of ABI v1. Prints what happens.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wasi/api.h>

#include "object.h"

#define IMPORT(name) __attribute__((import_module("wasm_bpf_v1"), import_name(#name))) int name
#define PAGE 4096u
#define BLOCK 65536u
#define SEGV_ON_FAULT (1u << 17)
#define MMAPABLE (1u << 10)

enum { NOTHING, ALLOCATE, FREE, COUNT };

IMPORT(object_open)(const void *elf, size_t elf_len, const void *opts, size_t opts_len);
IMPORT(object_load)(int object);
IMPORT(object_find_map)(int object, const char *name, size_t len);
IMPORT(object_find_program)(int object, const char *name, size_t len);
IMPORT(program_attach)(int program);
IMPORT(iterator_create)(int link);
IMPORT(stream_read)(int stream, void *buf, size_t len);
IMPORT(arena_window)(int map, void *addr, size_t len);
IMPORT(map_window)(int map, void *addr, size_t len);
IMPORT(map_set)(int map, int field, int64_t value);
IMPORT(map_lookup)(int map, const void *key, size_t key_len, void *value, size_t value_len, uint64_t flags);
IMPORT(handle_close)(int handle);

/* The program's variables. */
struct variables {
	uint32_t order;
	uint64_t pages;
	uint64_t sum;
};

static int loaded, window, attached;
static unsigned char *block;
static volatile struct variables *variables;
unsigned char spare[PAGE];

static int map(int in, const char *name)
{
	return object_find_map(in, name, strlen(name));
}

static void say(const char *what, long long value)
{
	printf("%s %lld\n", what, value);
	fflush(stdout);
}

/* Opens the object, gives the arena the memory at `at` and loads it. */
static int load(unsigned char *at, unsigned flags)
{
	int opened = object_open(object, sizeof(object), NULL, 0), arena = map(opened, "arena");

	if (flags && map_set(arena, 4, flags) < 0)
		exit(2);
	window = arena_window(arena, at, BLOCK);
	if (window < 0 || object_load(opened) < 0)
		exit(3);
	return opened;
}

/* Has the program do something. */
static void order(unsigned what)
{
	char none;
	int stream = iterator_create(attached);

	variables->order = what;
	if (stream < 0 || stream_read(stream, &none, 1) != 0 || variables->order != NOTHING)
		exit(4);
	handle_close(stream);
}

/* In another function, and of a size that the compiler does not know, so that it stays memory.fill. */
__attribute__((noinline, target("bulk-memory"))) static void fill(void *at, size_t size)
{
	__builtin_memset(at, 1, size);
}

__attribute__((noinline, target("bulk-memory"))) static void copy(void *to, const void *from, size_t size)
{
	__builtin_memcpy(to, from, size);
}

/* All 16 pages are the guest's to read and write, by every way. */
static void use(void)
{
	unsigned char *page;
	unsigned long long sum = 0;

	order(ALLOCATE);
	page = (unsigned char *)(uintptr_t)variables->pages;
	say("inside", page >= block && page + 4 * PAGE <= block + BLOCK);
	say("the program's", *(uint64_t *)page == 0x1234);
	for (unsigned i = 0; i < BLOCK; i += PAGE)
		sum += block[i + 64];
	say("untouched", sum);
	fill(block, BLOCK);
	copy(block + PAGE, block, PAGE);
	say("filled", block[0] + block[BLOCK - 1]);
	order(COUNT);
	say("the program sees it", variables->sum == 0x0101010101010101);
	say("random", __wasi_random_get(block, PAGE));
	memset(page, 0, 8);
	order(COUNT);
	say("and this", variables->sum == 0x0101010101010101);
	/* Pages that the program frees are gone, and new ones come when they are touched. */
	*(volatile uint64_t *)page = 7;
	order(FREE);
	say("freed", *(volatile uint64_t *)page);
	order(ALLOCATE);
}

/* The memory goes back to the allocator, and out to others, while it is still the arena. */
static void misuse(void)
{
	volatile unsigned char *again;

	order(ALLOCATE);
	free(block);
	again = aligned_alloc(BLOCK, BLOCK);
	for (unsigned i = 0; again && i < BLOCK; i++)
		again[i] = 9;
	order(COUNT);
	say("close", handle_close(window));
	say("close the object", handle_close(loaded));
	say("close again", handle_close(window));
}

/* The object goes while its arena is mapped and its program attached; then everything. */
static void close_early(void)
{
	volatile uint64_t *pages;

	order(ALLOCATE);
	pages = (uint64_t *)(uintptr_t)variables->pages;
	say("close the object", handle_close(loaded));
	say("still there", *pages == 0x1234);
	say("grow", __builtin_wasm_memory_grow(0, 16) != (size_t)-1);
	say("still there", *pages == 0x1234);
	say("detach", handle_close(attached));
	say("still there", *pages == 0x1234);
	say("close", handle_close(window));
	say("zero", *pages);
}

static void two(void)
{
	unsigned char *other = aligned_alloc(BLOCK, BLOCK);
	int first = window, second = load(other, 0);

	block[0] = 1;
	other[0] = 2;
	say("apart", block[0] == 1 && other[0] == 2);
	say("close", handle_close(first));
	say("the other stays", block[0] == 0 && other[0] == 2);
	say("close", handle_close(window));
	say("close the object", handle_close(second));
}

/* Pages that no program has allocated, where touching them is a fault. */
static void missing(const char *mode)
{
	volatile unsigned char *page = block + 8 * PAGE;
	uint32_t zero = 0;

	order(ALLOCATE);
	say("there", *(volatile uint64_t *)(uintptr_t)variables->pages == 0x1234);
	if (!strcmp(mode, "load"))
		(void)*page;
	else if (!strcmp(mode, "store"))
		*page = 1;
	else if (!strcmp(mode, "fill"))
		fill((void *)page, 3 * PAGE);
	else if (!strcmp(mode, "copy"))
		copy(spare, (void *)page, PAGE);
	else if (!strcmp(mode, "random"))
		say("random", __wasi_random_get((uint8_t *)page, 8));
	else if (!strcmp(mode, "write"))
		say("write", write(1, (void *)page, 8));
	else if (!strcmp(mode, "lookup"))
		say("lookup", map_lookup(map(loaded, ".bss"), &zero, 4, (void *)page, sizeof(*variables), 0));
	else if (!strcmp(mode, "freed")) {
		page = (unsigned char *)(uintptr_t)variables->pages;
		order(FREE);
		(void)*page;
	}
	say("alive", window > 0);
}

/* Loads and closes ten times, then `many` times, and waits for a file each time. */
static void storm(unsigned many)
{
	const struct {
		unsigned rounds;
		const char *file;
	} phases[] = { { 10, "/go/first" }, { many, "/go/second" } };

	for (int phase = 0; phase < 2; phase++) {
		for (unsigned i = 0; i < phases[phase].rounds; i++) {
			handle_close(window);
			handle_close(loaded);
			loaded = load(block, 0);
			block[i] = 1;
		}
		say("rounds", phases[phase].rounds);
		while (access(phases[phase].file, F_OK))
			usleep(1000);
	}
}

static void end(void)
{
	say("ready", 0);
	for (;;)
		usleep(1000);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 1;
	block = aligned_alloc(BLOCK, BLOCK);
	loaded = load(block, argc > 2 && strcmp(argv[1], "storm") ? MMAPABLE | SEGV_ON_FAULT : 0);
	variables = aligned_alloc(BLOCK, BLOCK);
	if (!strcmp(argv[1], "storm")) {
		storm(atoi(argv[2]));
		return 0;
	}
	attached = program_attach(object_find_program(loaded, "work", 4));
	if (attached < 0 || map_window(map(loaded, ".bss"), (void *)variables, BLOCK) < 0)
		return 1;
	if (!strcmp(argv[1], "use"))
		use();
	else if (!strcmp(argv[1], "misuse"))
		misuse();
	else if (!strcmp(argv[1], "close"))
		close_early();
	else if (!strcmp(argv[1], "two"))
		two();
	else if (!strcmp(argv[1], "end"))
		end();
	else
		missing(argv[1]);
	say("done", 0);
	return 0;
}
