/*
 * Writing BTF, as far as a guest needs it: a set of strings in the raw form's
 * string section. Tools that print symbols keep their names in one. Types are
 * read only.
 */
#ifndef WASM_BPF_BTF_STRINGS_H
#define WASM_BPF_BTF_STRINGS_H

#include <wasm_bpf/btf.h>

#ifdef __cplusplus
extern "C" {
#endif

/* FNV-1a. */
WASM_BPF_WEAK uint32_t wasm_bpf_btf_hash(const char *text)
{
	uint32_t hash = 2166136261u;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619u;
	return hash;
}

/* The slot that holds the string, or the free one where it belongs. */
WASM_BPF_WEAK uint32_t *wasm_bpf_btf_slot(const struct btf *btf, const char *text)
{
	uint32_t at = wasm_bpf_btf_hash(text) & (btf->slot_count - 1);

	while (btf->slots[at] && strcmp(btf->strings + btf->slots[at] - 1, text))
		at = (at + 1) & (btf->slot_count - 1);
	return &btf->slots[at];
}

/* Makes room for one more string in a table that is at most half full. 0 or -ENOMEM. */
WASM_BPF_WEAK int wasm_bpf_btf_reserve_slot(struct btf *btf)
{
	uint32_t wanted = btf->slot_count ? btf->slot_count : 1024, at;
	bool stale = !btf->slot_count;

	if (stale)
		for (btf->slots_used = 0, at = 0; at < btf->strings_size; btf->slots_used++)
			at += (uint32_t)strlen(btf->strings + at) + 1;
	for (; btf->slots_used + 1 > wanted / 2; stale = true)
		wanted *= 2;
	if (!stale)
		return 0;
	free(btf->slots);
	btf->slots = (uint32_t *)calloc(wanted, sizeof(*btf->slots));
	btf->slot_count = btf->slots ? wanted : 0;
	if (!btf->slots)
		return -ENOMEM;
	/* One more than the offset: 0 is a free slot. */
	for (at = 0; at < btf->strings_size; at += (uint32_t)strlen(btf->strings + at) + 1)
		*wasm_bpf_btf_slot(btf, btf->strings + at) = at + 1;
	return 0;
}

/* The offset of a string, its own or its base's; -ENOENT if there is none. */
WASM_BPF_WEAK int btf__find_str(struct btf *btf, const char *s)
{
	int found;
	uint32_t slot;

	if (wasm_bpf_btf_fetch(btf))
		return -errno;
	if (btf->base) {
		found = btf__find_str((struct btf *)btf->base, s);
		if (found != -ENOENT)
			return found;
	}
	if (wasm_bpf_btf_reserve_slot(btf))
		return wasm_bpf_fail(-ENOMEM);
	slot = *wasm_bpf_btf_slot(btf, s);
	if (!slot)
		return wasm_bpf_fail(-ENOENT);
	return (int)(wasm_bpf_btf_strings_end(btf->base) + slot - 1);
}

/* Puts `length` bytes at the end of the string section. 0 or -errno; moves the strings. */
WASM_BPF_WEAK int wasm_bpf_btf_append(struct btf *btf, const char *text, size_t length)
{
	struct btf_header *header = (struct btf_header *)btf->data;
	uint32_t start = header->hdr_len + header->str_off;

	/* What follows the strings would be overwritten; nobody writes such BTF. */
	if (start + header->str_len != btf->size)
		return -ENOTSUP;
	if (length > (size_t)INT32_MAX - btf->size)
		return -E2BIG;
	if (btf->size + length > btf->capacity) {
		size_t capacity = (btf->size + length) * 2;
		unsigned char *data = (unsigned char *)realloc(btf->data, capacity);

		if (!data)
			return -ENOMEM;
		btf->data = data;
		btf->capacity = (uint32_t)capacity;
		header = (struct btf_header *)data;
	}
	memcpy(btf->data + btf->size, text, length);
	btf->strings = (const char *)btf->data + start;
	btf->strings_size += (uint32_t)length;
	header->str_len += (uint32_t)length;
	btf->size += (uint32_t)length;
	return 0;
}

/* The offset of a string, which is added if it is not there yet. Pointers to strings end here. */
WASM_BPF_WEAK int btf__add_str(struct btf *btf, const char *s)
{
	int found = btf__find_str(btf, s), error;
	uint32_t at;

	if (found != -ENOENT)
		return found;
	at = btf->strings_size;
	error = wasm_bpf_btf_append(btf, s, strlen(s) + 1);
	if (error)
		return wasm_bpf_fail(error);
	*wasm_bpf_btf_slot(btf, s) = at + 1;
	btf->slots_used++;
	return (int)(wasm_bpf_btf_strings_end(btf->base) + at);
}

/* BTF without types whose strings go on from the base's. */
WASM_BPF_WEAK struct btf *btf__new_empty_split(struct btf *base_btf)
{
	struct {
		struct btf_header header;
		char strings[1];
	} empty;

	memset(&empty, 0, sizeof(empty));
	empty.header.magic = BTF_MAGIC;
	empty.header.version = BTF_VERSION;
	empty.header.hdr_len = sizeof(empty.header);
	/* Only the strings of a base begin with the empty one. */
	empty.header.str_len = base_btf ? 0 : 1;
	return btf__new_split(&empty, sizeof(empty.header) + empty.header.str_len, base_btf);
}

WASM_BPF_WEAK struct btf *btf__new_empty(void)
{
	return btf__new_empty_split(NULL);
}

#ifdef __cplusplus
}
#endif

#endif
