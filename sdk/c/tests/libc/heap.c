/*
 * The heap under a load of all sizes and calls: no block is lost, dirty,
 * misaligned or shared; what cannot be had is NULL and ENOMEM.
 */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCKS 3000
#define ROUNDS 200000

static struct block {
	unsigned char *bytes, mark;
	size_t size;
} blocks[BLOCKS];

static uint32_t chance(uint32_t below)
{
	static uint32_t state = 1;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % below;
}

static void fail(const char *what, size_t size)
{
	printf("%s, %zu bytes\n", what, size);
	exit(1);
}

static void hold(struct block *block, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (block->bytes[i] != block->mark)
			fail("a block has changed", size);
}

static void fill(struct block *block, unsigned char *bytes, size_t size)
{
	if (!bytes)
		fail("no memory", size);
	if ((uintptr_t)bytes % 16)
		fail("a block is misaligned", size);
	if (malloc_usable_size(bytes) < size)
		fail("a block is too small", size);
	*block = (struct block){bytes, chance(255) + 1, size};
	memset(bytes, block->mark, size);
}

static void release(struct block *block)
{
	hold(block, block->size);
	free(block->bytes);
	*block = (struct block){0};
}

static void replace(struct block *block)
{
	size_t size = chance(chance(8) ? 300 : 20000), alignment = (size_t)16 << chance(13);
	unsigned char *bytes;

	release(block);
	switch (chance(3)) {
	case 0:
		return fill(block, malloc(size), size);
	case 1:
		bytes = calloc(1, size);
		for (size_t i = 0; bytes && i < size; i++)
			if (bytes[i])
				fail("calloc() is dirty", size);
		return fill(block, bytes, size);
	default:
		bytes = aligned_alloc(alignment, (size + alignment - 1) & -alignment);
		if ((uintptr_t)bytes % alignment)
			fail("aligned_alloc() is misaligned", alignment);
		return fill(block, bytes, size);
	}
}

static void resize(struct block *block)
{
	size_t old = block->size, size = chance(3000) + 1;
	unsigned char *bytes = realloc(block->bytes, size);

	block->bytes = bytes;
	if (!bytes)
		fail("no memory", size);
	hold(block, old < size ? old : size);
	fill(block, bytes, size);
}

int main(void)
{
	/* Volatile, or the compiler takes what it knows of malloc() for the answer. */
	void *volatile pointer;
	volatile size_t huge = SIZE_MAX;
	void *unused;

	for (int round = 0; round < ROUNDS; round++) {
		struct block *block = &blocks[chance(BLOCKS)];

		switch (chance(4)) {
		case 0:
			release(block);
			break;
		case 1:
			resize(block);
			break;
		default:
			replace(block);
		}
	}
	for (int i = 0; i < BLOCKS; i++)
		release(&blocks[i]);

	/* Compilers believe that malloc() leaves errno alone. */
	void *(*volatile allocate)(size_t) = malloc;
	void *(*volatile allocate_zeros)(size_t, size_t) = calloc;

	errno = 0;
	pointer = allocate(huge - 100);
	printf("too large: %d, ENOMEM %d\n", !pointer, errno == ENOMEM);
	errno = 0;
	pointer = allocate_zeros(huge / 16 + 2, 16);
	printf("product too large: %d, ENOMEM %d\n", !pointer, errno == ENOMEM);
	printf("posix_memalign: %d %d\n", posix_memalign(&unused, 3, 1) == EINVAL, posix_memalign(&unused, 64, 1));
	pointer = malloc(0);
	printf("of nothing: %d\n", !!pointer);
	pointer = realloc(NULL, 10);
	printf("realloc(NULL): %d\n", !!pointer);
	return 0;
}
