/*
 * Addresses of 64 bits in `unsigned long`, which has 32 here. Sources written
 * for native programs read a stack's addresses into it and print them with
 * "%lx". What a variable holds then is the lower half; the upper one is kept
 * here, found again by the lower.
 */
/* Ours, which may include this. */
#include <stdlib.h>

#ifndef WASM_BPF_ADDRESS_H
#define WASM_BPF_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A lower half, or its page, and the address, or its page, that it stands for. */
struct wasm_bpf_address {
	bool used;
	uint32_t half;
	uint64_t whole;
};

/* A hash table of them; its size is a power of two. */
struct wasm_bpf_address_book {
	struct wasm_bpf_address *entries;
	uint32_t size, used;
};

/* All addresses that were handed out as a half, and the pages of those of processes. */
__attribute__((weak)) struct wasm_bpf_address_book wasm_bpf_addresses, wasm_bpf_address_pages;

/* Where `half` is, or would be: NULL in a book without room. */
__attribute__((weak)) struct wasm_bpf_address *
wasm_bpf_address_entry(const struct wasm_bpf_address_book *book, uint32_t half)
{
	uint32_t at = half * 0x9e3779b1u, step;

	for (step = 0; step < book->size; step++) {
		struct wasm_bpf_address *entry = &book->entries[(at + step) & (book->size - 1)];

		if (!entry->used || entry->half == half)
			return entry;
	}
	return NULL;
}

/* The entry of `half`, NULL where it has none. */
__attribute__((weak)) struct wasm_bpf_address *
wasm_bpf_address_find(const struct wasm_bpf_address_book *book, uint32_t half)
{
	struct wasm_bpf_address *entry = wasm_bpf_address_entry(book, half);

	return entry && entry->used ? entry : NULL;
}

/* Keeps room for one more; false without memory. */
__attribute__((weak)) bool wasm_bpf_address_room(struct wasm_bpf_address_book *book)
{
	struct wasm_bpf_address_book larger = {NULL, book->size ? 2 * book->size : 256, book->used};
	uint32_t i;

	if (book->used * 2 < book->size)
		return true;
	larger.entries = (struct wasm_bpf_address *)calloc(larger.size, sizeof(*larger.entries));
	if (!larger.entries)
		return false;
	for (i = 0; i < book->size; i++)
		if (book->entries[i].used)
			*wasm_bpf_address_entry(&larger, book->entries[i].half) = book->entries[i];
	free(book->entries);
	*book = larger;
	return true;
}

/* Writes down what `half` stands for from now on. Without memory it is not known later. */
__attribute__((weak)) void wasm_bpf_address_keep(struct wasm_bpf_address_book *book, uint32_t half,
						 uint64_t whole)
{
	struct wasm_bpf_address *entry;

	if (!wasm_bpf_address_room(book))
		return;
	entry = wasm_bpf_address_entry(book, half);
	book->used += !entry->used;
	entry->used = true;
	entry->half = half;
	entry->whole = whole;
}

/* The lower half of an address in a stack. Of two with the same half, the later one is meant. */
__attribute__((weak)) uint32_t wasm_bpf_address_half(uint64_t whole)
{
	if (whole >> 32)
		wasm_bpf_address_keep(&wasm_bpf_addresses, (uint32_t)whole, whole);
	return (uint32_t)whole;
}

/* Remembers the page of a process's address, for wasm_bpf/proc_maps.h. The kernel's have the top bit. */
__attribute__((weak)) void wasm_bpf_address_seen(uint64_t whole)
{
	if (whole && !(whole >> 63))
		wasm_bpf_address_keep(&wasm_bpf_address_pages, (uint32_t)(whole >> 12) & 0xfffff,
				      whole >> 12);
}

/*
 * A half that no other address has: for keys, which have to be found again.
 * It is the lower half unless that is taken.
 */
__attribute__((weak)) uint32_t wasm_bpf_address_name(uint64_t whole)
{
	uint32_t half = (uint32_t)whole;
	struct wasm_bpf_address *entry;

	while ((entry = wasm_bpf_address_find(&wasm_bpf_addresses, half)) && entry->whole != whole)
		half++;
	if (!entry && (whole >> 32 || half != whole))
		wasm_bpf_address_keep(&wasm_bpf_addresses, half, whole);
	return half;
}

/* What a half stands for; itself, if nothing is known of it. */
__attribute__((weak)) uint64_t wasm_bpf_address_whole(uint32_t half)
{
	struct wasm_bpf_address *entry = wasm_bpf_address_find(&wasm_bpf_addresses, half);

	return entry ? entry->whole : half;
}

/* What a pointer stands for that came of a number: what was written down, or the address in the kernel's code. */
__attribute__((weak)) uint64_t wasm_bpf_address_pointed(uint64_t half)
{
	struct wasm_bpf_address *entry =
		half >> 32 ? NULL : wasm_bpf_address_find(&wasm_bpf_addresses, (uint32_t)half);

	if (entry)
		return entry->whole;
	return half >> 31 == 1 ? half | 0xffffffff00000000u : half;
}

#if !defined(__cplusplus) && defined(WASM_BPF_LONG_64)
/* A number that is cast to a pointer, which keeps the lower half. */
#define WASM_BPF_ADDRESS(x)                                                                        \
	_Generic((x), long long: wasm_bpf_address_half((uint64_t)(x)),                             \
		 unsigned long long: wasm_bpf_address_half((uint64_t)(x)), default: (x))
#endif

#ifdef __cplusplus
}
#endif

#endif
