/*
 * Pointers in arenas, for headers that a BPF program and its user side share.
 * In a guest, whose pointers have 4 bytes, an arena lies where the low half of
 * each address in it is the guest's own pointer.
 *
 *	struct item {
 *		ARENA_PTR(struct item) next;
 *		__u64 key;
 *	};
 *
 *	for (item = arena_ptr(list->first); item; item = arena_ptr(item->next))
 *		...
 *
 * The loop is the same for a BPF program (where `item` is declared as
 * `struct item __arena *`), for a guest and for a native program.
 */
#ifndef BPF_ARENA_H
#define BPF_ARENA_H

#if defined(__BPF__)

#ifndef __BPF_FEATURE_ADDR_SPACE_CAST
#error "arenas need clang 19 or newer: install the packages clang-19 and lld-19, or set CLANG and WASM_LD"
#endif

/* What is in an arena. */
#define __arena __attribute__((address_space(1)))

/* A member that points to a `type` in the arena: 8 bytes for all sides. */
#define ARENA_PTR(type) type __arena *

/* The pointer in such a member. */
#define arena_ptr(member) (member)

/* Points such a member to something, or to nothing. */
#define arena_ptr_set(member, to) ((member) = (to))

#ifndef __ksym
#define __ksym __attribute__((section(".ksyms")))
#endif

#define ARENA_NO_NODE (-1)

/* Whole pages, as many as asked for, or NULL. For programs that may sleep; from Linux 6.9. */
void __arena *bpf_arena_alloc_pages(void *arena, void __arena *at, __u32 count, int node,
				    __u64 flags) __ksym __attribute__((weak));
/* Gives pages back. */
void bpf_arena_free_pages(void *arena, void __arena *at, __u32 count) __ksym __attribute__((weak));

/*
 * A condition for loops whose end the verifier cannot see, such as walks along
 * pointers: the kernel ends those that run for too long.
 */
#ifndef can_loop
#define can_loop                                                                                   \
	({                                                                                         \
		__label__ over, on;                                                                \
		int may = 1;                                                                       \
		asm volatile goto("may_goto %l[over]" : : : : over);                               \
		goto on;                                                                           \
	over:                                                                                      \
		may = 0;                                                                           \
	on:                                                                                        \
		may;                                                                               \
	})
#endif

#else

/* To the user side, memory like all other. */
#define __arena

#if __SIZEOF_POINTER__ == 8

#define ARENA_PTR(type) type *
#define arena_ptr(member) (member)
#define arena_ptr_set(member, to) ((member) = (to))

#else

#define ARENA_PTR(type)                                                                            \
	union {                                                                                    \
		type *pointer;                                                                     \
		__UINT64_TYPE__ address;                                                           \
	}
/* Loaded once where it stands: the program may store another one meanwhile. */
#define arena_ptr(member) __atomic_load_n(&(member).pointer, __ATOMIC_RELAXED)
/* Programs use the low half only. */
#define arena_ptr_set(member, to) ((member).address = (__UINTPTR_TYPE__)(to))

#endif

#endif

/* The pointer in a number, such as skeletons have for a variable of the BPF program that points into an arena. */
#if !defined(__BPF__)
#define arena_cast(type, number) ((type *)(__UINTPTR_TYPE__)(number))
#endif

#endif
