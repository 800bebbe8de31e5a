// window MODE [THREAD]: the kernel's pages in guest memory, by the imports of ABI v1. Prints what happens.
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

IMPORT(object_open)(const void *elf, size_t elf_len, const void *opts, size_t opts_len);
IMPORT(object_load)(int object);
IMPORT(object_find_map)(int object, const char *name, size_t len);
IMPORT(object_find_program)(int object, const char *name, size_t len);
IMPORT(program_attach)(int program);
IMPORT(ring_open)(int map);
IMPORT(ring_window)(int ring, void *addr, size_t len);
IMPORT(perf_open)(int map, size_t pages);
IMPORT(perf_window)(int perf, int buffer, void *addr, size_t len);
IMPORT(map_window)(int map, void *addr, size_t len);
IMPORT(map_lookup)(int map, const void *key, size_t key_len, void *value, size_t value_len, uint64_t flags);
IMPORT(handle_close)(int handle);

static int loaded, ring, fixed;
static unsigned char *block;

static int map(const char *name)
{
	return object_find_map(loaded, name, strlen(name));
}

static void say(const char *what, long long value)
{
	printf("%s %lld\n", what, value);
	fflush(stdout);
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

/* The variables' values follow the program, and the program the guest's stores. */
static void globals(unsigned thread)
{
	volatile uint64_t *count = (volatile uint64_t *)aligned_alloc(BLOCK, BLOCK);
	volatile uint32_t *filter = (volatile uint32_t *)aligned_alloc(BLOCK, BLOCK);
	int window = map_window(map(".bss"), (void *)count, BLOCK);

	if (window < 0 || map_window(map(".data"), (void *)filter, BLOCK) < 0)
		exit(2);
	say("thread was", *filter);
	*filter = thread;
	if (program_attach(object_find_program(loaded, "number", 6)) < 0)
		exit(2);
	say("ready", 0);
	while (*count < 3)
		usleep(1000);
	say("count", *count);
	say("close", handle_close(window));
	say("count", *count);
	say("close again", handle_close(window));
}

/* What cannot be a window. */
static void refusals(void)
{
	int window = ring_window(ring, block, BLOCK);

	say("overlap", ring_window(ring, block, BLOCK));
	say("overlap with another map", map_window(fixed, block, BLOCK));
	say("close", handle_close(window));
	say("unaligned", ring_window(ring, block + PAGE, BLOCK));
	say("null", ring_window(ring, NULL, BLOCK));
	say("too small", ring_window(ring, block, 2 * PAGE));
	say("outside", ring_window(ring, (void *)0xffff0000u, 0xffff));
	say("outside", ring_window(ring, (void *)(__builtin_wasm_memory_size(0) * BLOCK), BLOCK));
	say("no ring", ring_window(fixed, block, BLOCK));
	say("no array", map_window(map("ring"), block, BLOCK));
	say("no handle", map_window(77, block, BLOCK));
	say("the guest's memory", block[0]);
}

/* Ways to make the host write to a page that is read-only to the guest: a ring's, or a perf buffer's data. */
static void protect(const char *mode, int of_perf)
{
	unsigned char *producer = block + PAGE;
	uint32_t zero = 0;
	int window = of_perf ? perf_window(perf_open(map("perf"), 4), 0, block, BLOCK) : ring_window(ring, block, BLOCK);

	if (window < 0)
		exit(2);
	say("mapped", 0);
	if (!strcmp(mode, "store"))
		*(volatile unsigned char *)producer = 1;
	else if (!strcmp(mode, "fill"))
		fill(producer, 3 * PAGE);
	else if (!strcmp(mode, "copy"))
		copy(producer, block + BLOCK, 3 * PAGE);
	else if (!strcmp(mode, "random"))
		say("random", __wasi_random_get(producer, 8));
	else if (!strcmp(mode, "lookup"))
		say("lookup", map_lookup(fixed, &zero, 4, producer, 4, 0));
	/* Only the ways that are refused get here; memory that grows leaves the window where it is. */
	say("grow", __builtin_wasm_memory_grow(0, 16) != (size_t)-1);
	say("position", *(volatile uint64_t *)producer);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 1;
	block = aligned_alloc(BLOCK, 2 * BLOCK);
	memset(block, 7, 2 * BLOCK);
	loaded = object_open(object, sizeof(object), NULL, 0);
	if (object_load(loaded))
		return 1;
	ring = ring_open(map("ring"));
	fixed = map(".rodata");
	if (!strcmp(argv[1], "globals"))
		globals(argc > 2 ? strtoul(argv[2], NULL, 10) : 0);
	else if (!strcmp(argv[1], "refusals"))
		refusals();
	else
		protect(argv[1], argc > 2);
	say("done", 0);
	return 0;
}
