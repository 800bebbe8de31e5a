/*
 * A guest's heap: malloc() and its kin in a tenth of the code of wasi-libc's
 * own, which makes up a sixth of a small guest.
 *
 * Sizes are rounded up to one of four steps for each power of two. A freed
 * block goes on the list of its size, and serves that size and the next few.
 * New blocks are cut off the top of the memory, where the last one also goes
 * back to. Blocks are not joined: a guest's heap takes at most what all sizes
 * took at their own highest, which for programs that mostly read is little.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define WEAK __attribute__((weak))
#define PAGE ((size_t)64 << 10)
/* Of what the caller gets, for max_align_t. The header before it takes half as much. */
#define ALIGNMENT ((size_t)16)
/* Larger ones could not be told from a negative difference of pointers. */
#define MAX_SIZE ((size_t)1 << 31)
#define CLASSES 112
/* A free block of a class up to this much higher is taken: less than twice the size. */
#define HIGHER 4

struct header {
	uint32_t class;
	/* From the block's first byte behind a header to the caller's: not 0 where he wanted an alignment. */
	uint32_t offset;
};

struct free_block {
	struct free_block *next;
};

extern unsigned char __heap_base;

static struct free_block *heads[CLASSES];
/* Memory that no block has, from where the next one's header goes; all behind `clean` has never been written to. */
static uintptr_t top, end, clean;

/* The class of the smallest block that holds `size` bytes and a header. */
static uint32_t class_of(size_t size)
{
	size_t units = (size + sizeof(struct header) + ALIGNMENT - 1) / ALIGNMENT;
	int shift = 29 - __builtin_clz((unsigned)units | 4);

	/* Rounded up to a multiple of an eighth to a quarter of itself. */
	units = (units + ((size_t)1 << shift) - 1) >> shift;
	return (uint32_t)shift * 4 + (uint32_t)units;
}

/* Of the whole block. */
static size_t size_of(uint32_t class)
{
	uint32_t shift = class < 8 ? 0 : (class - 4) / 4;

	return (size_t)(class - shift * 4) * ALIGNMENT << shift;
}

static struct header *header_of(void *block)
{
	return (struct header *)block - 1;
}

/* The first header in the memory from `start` on. */
static uintptr_t first_in(uintptr_t start)
{
	return ((start + ALIGNMENT - 1) & -ALIGNMENT) + ALIGNMENT - sizeof(struct header);
}

/* Makes room for `size` bytes behind `top`. */
static int grow(size_t size)
{
	if (!end) {
		top = clean = first_in((uintptr_t)&__heap_base);
		end = __builtin_wasm_memory_size(0) * PAGE;
	}
	/* `end` may be 2^32, that is 0 here, once all memory is there: differences are right all the same. */
	while (end - 1 < top || end - top < size) {
		size_t pages = (size - (end - top) + PAGE - 1) / PAGE;
		size_t before = __builtin_wasm_memory_grow(0, pages);

		if (before == (size_t)-1)
			return -1;
		/* Somebody else has grown the memory: what he got is his. */
		if (before * PAGE != end)
			top = clean = first_in(before * PAGE);
		end = (before + pages) * PAGE;
	}
	return 0;
}

static void *take(uint32_t class)
{
	for (uint32_t near = class; near < CLASSES && near <= class + HIGHER; near++) {
		struct free_block *block = heads[near];

		if (block) {
			heads[near] = block->next;
			return block;
		}
	}
	if (grow(size_of(class)))
		return NULL;
	struct header *header = (struct header *)top;

	*header = (struct header){.class = class};
	top += size_of(class);
	return header + 1;
}

WEAK void *malloc(size_t size)
{
	void *block = size < MAX_SIZE ? take(class_of(size)) : NULL;

	if (!block)
		errno = ENOMEM;
	return block;
}

WEAK void free(void *pointer)
{
	if (!pointer)
		return;
	char *block = (char *)pointer - header_of(pointer)->offset;
	struct header *header = header_of(block);

	if ((uintptr_t)header + size_of(header->class) == top) {
		if (clean < top)
			clean = top;
		top = (uintptr_t)header;
		return;
	}
	((struct free_block *)block)->next = heads[header->class];
	heads[header->class] = (struct free_block *)block;
}

/* What a block that the caller has at `pointer` holds. */
WEAK size_t malloc_usable_size(void *pointer)
{
	if (!pointer)
		return 0;
	size_t offset = header_of(pointer)->offset;

	return size_of(header_of((char *)pointer - offset)->class) - sizeof(struct header) - offset;
}

WEAK void *calloc(size_t count, size_t size)
{
	size_t bytes;
	uintptr_t old_top = top, old_clean = clean;

	if (__builtin_mul_overflow(count, size, &bytes))
		bytes = MAX_SIZE;
	char *block = malloc(bytes);

	if (!block)
		return NULL;
	/* Fresh memory is zero: large tables that are never touched cost nothing. */
	int fresh = top != old_top && (uintptr_t)block >= old_clean && clean == old_clean;

	return fresh ? block : memset(block, 0, bytes);
}

WEAK void *realloc(void *pointer, size_t size)
{
	size_t old = malloc_usable_size(pointer);

	/* Shrunk in place, unless half of the block would be wasted. */
	if (pointer && size <= old && size >= old / 2)
		return pointer;
	void *block = malloc(size);

	if (block && pointer) {
		memcpy(block, pointer, old < size ? old : size);
		free(pointer);
	}
	return block;
}

WEAK void *aligned_alloc(size_t alignment, size_t size)
{
	if (alignment & (alignment - 1) || !alignment) {
		errno = EINVAL;
		return NULL;
	}
	if (alignment <= ALIGNMENT)
		return malloc(size);
	size_t with_room;
	char *block = malloc(__builtin_add_overflow(size, alignment, &with_room) ? MAX_SIZE : with_room);

	if (!block)
		return NULL;
	size_t offset = -(uintptr_t)block & (alignment - 1);

	if (offset)
		header_of(block + offset)->offset = offset;
	return block + offset;
}

WEAK void *memalign(size_t alignment, size_t size)
{
	return aligned_alloc(alignment, size);
}

WEAK int posix_memalign(void **pointer, size_t alignment, size_t size)
{
	int saved = errno;
	void *block = alignment % sizeof(void *) ? NULL : aligned_alloc(alignment, size);
	int error = alignment % sizeof(void *) || alignment & (alignment - 1) || !alignment ? EINVAL : ENOMEM;

	errno = saved;
	if (!block)
		return error;
	*pointer = block;
	return 0;
}

/* The names that wasi-libc itself calls: without them it would bring its own heap along. */
WEAK void *__libc_malloc(size_t size)
{
	return malloc(size);
}

WEAK void *__libc_calloc(size_t count, size_t size)
{
	return calloc(count, size);
}

WEAK void __libc_free(void *pointer)
{
	free(pointer);
}
