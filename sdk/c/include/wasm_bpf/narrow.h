/*
 * Keys and values with `long`, `size_t` and pointers, which have 8 bytes in
 * BPF and 4 here. Sources written for native programs pass variables of such
 * types to bpf_map_lookup_elem() and its relatives; the kernel would read and
 * write past them. So these functions look at the types of what they are
 * given, and widen and narrow where the map's have 8 bytes.
 */
#ifndef WASM_BPF_NARROW_H
#define WASM_BPF_NARROW_H

#include <linux/bpf.h>

#include <wasm_bpf/address.h>
#include <wasm_bpf/error.h>
#include <wasm_bpf/map_fd.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a pointer to a key or a value points to. */
enum wasm_bpf_narrow_kind {
	WASM_BPF_AS_IT_IS,
	WASM_BPF_SIGNED,
	WASM_BPF_UNSIGNED,
};

/* A part of a key or value: bytes as they are, or a number of 8 bytes there and 4 here. */
struct wasm_bpf_piece {
	uint16_t wide_at, narrow_at, size;
	uint8_t kind;
};

/* The pieces of a map's key or value, registered by the skeleton, with the size that the guest's has. */
struct wasm_bpf_narrow {
	struct wasm_bpf_narrow *next;
	int map;
	bool key;
	uint16_t size, count;
	const struct wasm_bpf_piece *pieces;
};

WASM_BPF_VARIABLE struct wasm_bpf_narrow *wasm_bpf_narrows;

/* How one side of an element is to be translated. */
struct wasm_bpf_translation {
	const struct wasm_bpf_narrow *narrow; /* a struct's pieces, NULL: numbers of 8 bytes, one after the other */
	uint8_t kind;
	bool key, stack;
	uint32_t wide_size, narrow_size; /* of one element, or one number */
	uint32_t count;
};

/*
 * Fills in `way` for a pointer to something of `unit` bytes, the map's own
 * size being `size`, `count` times for one per CPU; false if there is nothing to do.
 */
WASM_BPF_WEAK bool wasm_bpf_translates(int fd, bool key, size_t unit, enum wasm_bpf_narrow_kind kind,
				       uint32_t size, uint32_t whole, struct wasm_bpf_translation *way)
{
	const struct wasm_bpf_narrow *narrow;

	memset(way, 0, sizeof(*way));
	way->key = key;
	way->kind = kind;
	if (kind != WASM_BPF_AS_IT_IS) {
		way->wide_size = 8;
		way->narrow_size = 4;
		way->count = whole / 8;
		return whole && whole % 8 == 0;
	}
	if (unit <= 1 || unit == size)
		return false;
	for (narrow = wasm_bpf_narrows; narrow; narrow = narrow->next)
		if (narrow->map == fd && narrow->key == key && narrow->size == unit) {
			way->narrow = narrow;
			way->wide_size = whole == size ? size : (size + 7) & ~7u;
			way->narrow_size = (uint32_t)unit;
			way->count = whole / way->wide_size;
			return true;
		}
	return false;
}

/* A number of 8 bytes as one of 4, from where it can be found again if more than that is set. */
WASM_BPF_WEAK uint32_t wasm_bpf_narrowed(const struct wasm_bpf_translation *way, uint64_t wide)
{
	if (way->key)
		return wasm_bpf_address_name(wide);
	return way->stack ? wasm_bpf_address_half(wide) : (uint32_t)wide;
}

/* And back. */
WASM_BPF_WEAK uint64_t wasm_bpf_widened(const struct wasm_bpf_translation *way, uint8_t kind,
					uint32_t half)
{
	if (way->key && wasm_bpf_address_find(&wasm_bpf_addresses, half))
		return wasm_bpf_address_whole(half);
	return kind == WASM_BPF_SIGNED ? (uint64_t)(int64_t)(int32_t)half : half;
}

/* Copies a number, or a struct's piece, to the narrow side, or with `widen` from it. */
WASM_BPF_WEAK void wasm_bpf_translate_piece(const struct wasm_bpf_translation *way, uint8_t kind,
					    unsigned char *wide, unsigned char *narrow, size_t size,
					    bool widen)
{
	uint64_t number;
	uint32_t half;

	if (kind == WASM_BPF_AS_IT_IS) {
		memcpy(widen ? wide : narrow, widen ? narrow : wide, size);
	} else if (widen) {
		memcpy(&half, narrow, sizeof(half));
		number = wasm_bpf_widened(way, kind, half);
		memcpy(wide, &number, sizeof(number));
	} else {
		memcpy(&number, wide, sizeof(number));
		half = wasm_bpf_narrowed(way, number);
		memcpy(narrow, &half, sizeof(half));
	}
}

WASM_BPF_WEAK void wasm_bpf_translate(const struct wasm_bpf_translation *way, void *wide_bytes,
				      void *narrow_bytes, bool widen)
{
	unsigned char *wide = (unsigned char *)wide_bytes, *narrow = (unsigned char *)narrow_bytes;
	uint32_t i, j;

	for (i = 0; i < way->count; i++, wide += way->wide_size, narrow += way->narrow_size) {
		const struct wasm_bpf_narrow *pieces = way->narrow;

		if (!pieces)
			wasm_bpf_translate_piece(way, way->kind, wide, narrow, 8, widen);
		for (j = 0; pieces && j < pieces->count; j++)
			wasm_bpf_translate_piece(way, pieces->pieces[j].kind,
						 wide + pieces->pieces[j].wide_at,
						 narrow + pieces->pieces[j].narrow_at,
						 pieces->pieces[j].size, widen);
	}
}

/* What is called with a key and a value. */
enum wasm_bpf_element_call {
	WASM_BPF_LOOKUP,
	WASM_BPF_UPDATE,
	WASM_BPF_DELETE,
	WASM_BPF_TAKE,
	WASM_BPF_NEXT_KEY,
};

/* A pointer that the program passed, and what it points to. */
struct wasm_bpf_typed {
	const void *at;
	uint32_t unit;
	enum wasm_bpf_narrow_kind kind;
};

WASM_BPF_WEAK int wasm_bpf_element_plain(enum wasm_bpf_element_call call, int fd, const void *key,
					 void *value, __u64 flags)
{
	switch (call) {
	case WASM_BPF_LOOKUP:
		return bpf_map_lookup_elem_flags(fd, key, value, flags);
	case WASM_BPF_UPDATE:
		return bpf_map_update_elem(fd, key, value, flags);
	case WASM_BPF_DELETE:
		return bpf_map_delete_elem_flags(fd, key, flags);
	case WASM_BPF_TAKE:
		return bpf_map_lookup_and_delete_elem_flags(fd, key, value, flags);
	default:
		return bpf_map_get_next_key(fd, key, value);
	}
}

/* The call, with a key and a value as wide as the map's. */
WASM_BPF_WEAK int wasm_bpf_element(enum wasm_bpf_element_call call, int fd,
				   const struct wasm_bpf_typed key, const struct wasm_bpf_typed value,
				   __u64 flags)
{
	const struct wasm_bpf_map_shape *shape = wasm_bpf_map_shape(fd);
	struct wasm_bpf_translation key_way, value_way;
	bool of_keys = call == WASM_BPF_NEXT_KEY, wide_key, wide_value;
	uint32_t size, whole;
	unsigned char *room = NULL;
	int error;

	if (!shape)
		return -errno;
	size = of_keys ? shape->key_size : shape->value_size;
	whole = of_keys ? size : (uint32_t)wasm_bpf_value_size(shape, flags);
	wide_key = key.at && wasm_bpf_translates(fd, true, key.unit, key.kind, shape->key_size,
						 shape->key_size, &key_way);
	wide_value = value.at && wasm_bpf_translates(fd, of_keys, value.unit, value.kind, size,
						     whole, &value_way);
	if (wide_key || wide_value) {
		room = (unsigned char *)calloc(1, ((shape->key_size + 7) & ~(size_t)7) + whole);
		if (!room)
			return wasm_bpf_fail(-ENOMEM);
	}
	if (wide_key)
		wasm_bpf_translate(&key_way, room, (void *)key.at, true);
	if (wide_value) {
		unsigned char *wide = room + ((shape->key_size + 7) & ~(size_t)7);

		if (call == WASM_BPF_UPDATE)
			wasm_bpf_translate(&value_way, wide, (void *)value.at, true);
		error = wasm_bpf_element_plain(call, fd, wide_key ? room : key.at, wide, flags);
		value_way.stack = shape->type == BPF_MAP_TYPE_STACK_TRACE;
		if (!error && call != WASM_BPF_UPDATE)
			wasm_bpf_translate(&value_way, wide, (void *)value.at, false);
	} else {
		error = wasm_bpf_element_plain(call, fd, wide_key ? room : key.at, (void *)value.at,
					       flags);
	}
	free(room);
	return error;
}

#ifdef __cplusplus
}

/* bpf_map_lookup_elem() for pointers to `long`. */
static inline int bpf_map_lookup_elem(int fd, const void *key, unsigned long *value)
{
	const struct wasm_bpf_typed typed_key = {key, 0, WASM_BPF_AS_IT_IS};
	const struct wasm_bpf_typed typed_value = {value, sizeof(*value), WASM_BPF_UNSIGNED};

	return wasm_bpf_element(WASM_BPF_LOOKUP, fd, typed_key, typed_value, 0);
}

static inline int bpf_map_lookup_elem(int fd, const void *key, long *value)
{
	return bpf_map_lookup_elem(fd, key, (unsigned long *)value);
}

#else

/* 0 and NULL are pointers, too. */
#define WASM_BPF_POINTER(x) (1 ? (x) : (void *)0)
/* Pointers to pointers are listed: a type cannot be taken apart. */
#define WASM_BPF_KIND(x)                                                                           \
	_Generic(WASM_BPF_POINTER(x), long *: WASM_BPF_SIGNED, const long *: WASM_BPF_SIGNED,      \
		 unsigned long *: WASM_BPF_UNSIGNED, const unsigned long *: WASM_BPF_UNSIGNED,     \
		 void **: WASM_BPF_UNSIGNED, const void **: WASM_BPF_UNSIGNED,                     \
		 char **: WASM_BPF_UNSIGNED, const char **: WASM_BPF_UNSIGNED,                     \
		 default: WASM_BPF_AS_IT_IS)
#define WASM_BPF_TYPED(x)                                                                          \
	((struct wasm_bpf_typed){(x), sizeof(*WASM_BPF_POINTER(x)), WASM_BPF_KIND(x)})

/* `plain` where both sides are as wide as the map's, as the compiler knows in most programs. */
#define WASM_BPF_ELEMENT(call, plain, fd, key, value, flags)                                       \
	(WASM_BPF_KIND(key) == WASM_BPF_AS_IT_IS && WASM_BPF_KIND(value) == WASM_BPF_AS_IT_IS &&   \
			 !wasm_bpf_narrows                                                         \
		 ? plain                                                                           \
		 : wasm_bpf_element(call, fd, WASM_BPF_TYPED(key), WASM_BPF_TYPED(value), flags))

#define WASM_BPF_LOOKUP_TYPED(fd, key, value)                                                       \
	WASM_BPF_ELEMENT(WASM_BPF_LOOKUP, bpf_map_lookup_elem(fd, key, value), fd, key, value, 0)
#define WASM_BPF_LOOKUP_FLAGS_TYPED(fd, key, value, flags)                                          \
	WASM_BPF_ELEMENT(WASM_BPF_LOOKUP, bpf_map_lookup_elem_flags(fd, key, value, flags), fd,    \
			 key, value, flags)
#define WASM_BPF_UPDATE_TYPED(fd, key, value, flags)                                                \
	WASM_BPF_ELEMENT(WASM_BPF_UPDATE, bpf_map_update_elem(fd, key, value, flags), fd, key,     \
			 value, flags)
#define WASM_BPF_DELETE_TYPED(fd, key)                                                              \
	WASM_BPF_ELEMENT(WASM_BPF_DELETE, bpf_map_delete_elem(fd, key), fd, key, NULL, 0)
#define WASM_BPF_DELETE_FLAGS_TYPED(fd, key, flags)                                                 \
	WASM_BPF_ELEMENT(WASM_BPF_DELETE, bpf_map_delete_elem_flags(fd, key, flags), fd, key,      \
			 NULL, flags)
#define WASM_BPF_TAKE_TYPED(fd, key, value)                                                         \
	WASM_BPF_ELEMENT(WASM_BPF_TAKE, bpf_map_lookup_and_delete_elem(fd, key, value), fd, key,   \
			 value, 0)
#define WASM_BPF_TAKE_FLAGS_TYPED(fd, key, value, flags)                                            \
	WASM_BPF_ELEMENT(WASM_BPF_TAKE,                                                            \
			 bpf_map_lookup_and_delete_elem_flags(fd, key, value, flags), fd, key,     \
			 value, flags)
#define WASM_BPF_NEXT_KEY_TYPED(fd, key, next_key)                                                  \
	WASM_BPF_ELEMENT(WASM_BPF_NEXT_KEY, bpf_map_get_next_key(fd, key, next_key), fd, key,      \
			 next_key, 0)

/* Literals with commas in their braces make more arguments of the macro: they are passed as they are. */
#define WASM_BPF_NTH(_1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16, ...) _16
#define WASM_BPF_IF_2(typed, plain, ...)                                                           \
	WASM_BPF_NTH(__VA_ARGS__, plain, plain, plain, plain, plain, plain, plain, plain, plain,   \
		     plain, plain, plain, plain, typed, plain, plain)                              \
	(__VA_ARGS__)
#define WASM_BPF_IF_3(typed, plain, ...)                                                           \
	WASM_BPF_NTH(__VA_ARGS__, plain, plain, plain, plain, plain, plain, plain, plain, plain,   \
		     plain, plain, plain, typed, plain, plain, plain)                              \
	(__VA_ARGS__)
#define WASM_BPF_IF_4(typed, plain, ...)                                                           \
	WASM_BPF_NTH(__VA_ARGS__, plain, plain, plain, plain, plain, plain, plain, plain, plain,   \
		     plain, plain, typed, plain, plain, plain, plain)                              \
	(__VA_ARGS__)

#define bpf_map_lookup_elem(...)                                                                   \
	WASM_BPF_IF_3(WASM_BPF_LOOKUP_TYPED, bpf_map_lookup_elem, __VA_ARGS__)
#define bpf_map_lookup_elem_flags(...)                                                             \
	WASM_BPF_IF_4(WASM_BPF_LOOKUP_FLAGS_TYPED, bpf_map_lookup_elem_flags, __VA_ARGS__)
#define bpf_map_update_elem(...)                                                                   \
	WASM_BPF_IF_4(WASM_BPF_UPDATE_TYPED, bpf_map_update_elem, __VA_ARGS__)
#define bpf_map_delete_elem(...)                                                                   \
	WASM_BPF_IF_2(WASM_BPF_DELETE_TYPED, bpf_map_delete_elem, __VA_ARGS__)
#define bpf_map_delete_elem_flags(...)                                                             \
	WASM_BPF_IF_3(WASM_BPF_DELETE_FLAGS_TYPED, bpf_map_delete_elem_flags, __VA_ARGS__)
#define bpf_map_lookup_and_delete_elem(...)                                                        \
	WASM_BPF_IF_3(WASM_BPF_TAKE_TYPED, bpf_map_lookup_and_delete_elem, __VA_ARGS__)
#define bpf_map_lookup_and_delete_elem_flags(...)                                                  \
	WASM_BPF_IF_4(WASM_BPF_TAKE_FLAGS_TYPED, bpf_map_lookup_and_delete_elem_flags, __VA_ARGS__)
#define bpf_map_get_next_key(...)                                                                  \
	WASM_BPF_IF_3(WASM_BPF_NEXT_KEY_TYPED, bpf_map_get_next_key, __VA_ARGS__)

#endif

#endif
