/*
 * Deflate's codes (RFC 1951): a code is known by how many of its words have
 * each length, and by its symbols in order. inflate.h reads with them.
 */
#ifndef WASM_BPF_HUFFMAN_H
#define WASM_BPF_HUFFMAN_H

#include <wasm_bpf/base.h>

#define WASM_BPF_CODE_SYMBOLS 288
#define WASM_BPF_CODE_LONGEST 15

#ifdef __cplusplus
extern "C" {
#endif

/* Bits, the lowest of each byte first. */
struct wasm_bpf_bits {
	const unsigned char *data;
	size_t size;
	uint64_t at;
	bool short_of; /* more bits were wanted than there are */
};

struct wasm_bpf_code {
	uint16_t count[WASM_BPF_CODE_LONGEST + 1];
	uint16_t symbol[WASM_BPF_CODE_SYMBOLS];
};

/* Notes whether so many bits are there. */
WASM_BPF_WEAK void wasm_bpf_bits_need(struct wasm_bpf_bits *bits, unsigned int count)
{
	if (bits->at + count > (uint64_t)bits->size * 8)
		bits->short_of = true;
}

/* The next bits, at most 16 of them; 0 where there are not so many. */
WASM_BPF_WEAK uint32_t wasm_bpf_bits(struct wasm_bpf_bits *bits, unsigned int count)
{
	uint32_t value = 0;
	unsigned int i;

	wasm_bpf_bits_need(bits, count);
	for (i = 0; i < count && !bits->short_of; i++, bits->at++)
		value |= (uint32_t)(bits->data[bits->at / 8] >> bits->at % 8 & 1) << i;
	return value;
}

/* Skips the rest of a byte. */
WASM_BPF_WEAK void wasm_bpf_bits_align(struct wasm_bpf_bits *bits)
{
	bits->at = (bits->at + 7) & ~7ull;
}

/* Makes a code of its words' lengths, 0 for a symbol without one. How many words are free; negative: there are too many. */
WASM_BPF_WEAK int wasm_bpf_code_make(struct wasm_bpf_code *code, const unsigned char *lengths,
				     unsigned int symbols)
{
	uint16_t next[WASM_BPF_CODE_LONGEST + 2];
	unsigned int i;
	int left = 1;

	memset(code->count, 0, sizeof(code->count));
	for (i = 0; i < symbols; i++)
		code->count[lengths[i]]++;
	next[1] = 0;
	for (i = 1; i <= WASM_BPF_CODE_LONGEST; i++) {
		left = left * 2 - code->count[i];
		if (left < 0)
			return left;
		next[i + 1] = (uint16_t)(next[i] + code->count[i]);
	}
	for (i = 0; i < symbols; i++)
		if (lengths[i])
			code->symbol[next[lengths[i]]++] = (uint16_t)i;
	return left;
}

/* Reads a symbol; more than any for a word that no symbol has. */
WASM_BPF_WEAK unsigned int wasm_bpf_code_next(const struct wasm_bpf_code *code,
					      struct wasm_bpf_bits *bits)
{
	/* `word` is what was read, `first` the first word of its length, `index` that word's symbol. */
	unsigned int word = 0, first = 0, index = 0, length, count;

	for (length = 1; length <= WASM_BPF_CODE_LONGEST && !bits->short_of; length++) {
		word |= wasm_bpf_bits(bits, 1);
		count = code->count[length];
		if (word - first < count)
			return bits->short_of ? WASM_BPF_CODE_SYMBOLS
					      : code->symbol[index + word - first];
		index += count;
		first = (first + count) << 1;
		word <<= 1;
	}
	return WASM_BPF_CODE_SYMBOLS;
}

/* The codes that need no description. */
WASM_BPF_WEAK void wasm_bpf_codes_fixed(struct wasm_bpf_code *lengths,
					struct wasm_bpf_code *distances)
{
	unsigned char all[WASM_BPF_CODE_SYMBOLS];

	memset(all, 8, 144);
	memset(all + 144, 9, 112);
	memset(all + 256, 7, 24);
	memset(all + 280, 8, 8);
	wasm_bpf_code_make(lengths, all, WASM_BPF_CODE_SYMBOLS);
	memset(all, 5, 32);
	wasm_bpf_code_make(distances, all, 32);
}

/* Reads the lengths of `wanted` words, which are packed by a code of their own; what is wrong, or NULL. */
WASM_BPF_WEAK const char *wasm_bpf_codes_lengths(struct wasm_bpf_bits *bits,
						 const struct wasm_bpf_code *code,
						 unsigned char *lengths, unsigned int wanted)
{
	unsigned int have = 0, symbol, times, value;

	while (have < wanted) {
		symbol = wasm_bpf_code_next(code, bits);
		if (bits->short_of)
			return NULL;
		if (symbol > 18)
			return "the code of the code lengths is damaged";
		if (symbol < 16) {
			lengths[have++] = (unsigned char)symbol;
			continue;
		}
		if (symbol == 16 && !have)
			return "a repeated code length is damaged";
		value = symbol == 16 ? lengths[have - 1] : 0;
		times = symbol == 16   ? 3 + wasm_bpf_bits(bits, 2)
			: symbol == 17 ? 3 + wasm_bpf_bits(bits, 3)
				       : 11 + wasm_bpf_bits(bits, 7);
		if (bits->short_of)
			return NULL;
		if (have + times > wanted)
			return "a repeated code length is damaged";
		memset(lengths + have, (int)value, times);
		have += times;
	}
	return NULL;
}

/* Whether a code may have `left` free words: only the one with a single word of one bit, or none. */
WASM_BPF_WEAK bool wasm_bpf_code_is_whole(const struct wasm_bpf_code *code, int left,
					  unsigned int symbols)
{
	return left == 0 || (left > 0 && code->count[0] + code->count[1] == symbols);
}

/* Reads the codes of a block; what is wrong, or NULL. */
WASM_BPF_WEAK const char *wasm_bpf_codes_read(struct wasm_bpf_bits *bits,
					      struct wasm_bpf_code *lengths,
					      struct wasm_bpf_code *distances)
{
	static const unsigned char order[19] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
						11, 4,	12, 3, 13, 2, 14, 1, 15};
	unsigned int length_count = wasm_bpf_bits(bits, 5) + 257;
	unsigned int distance_count = wasm_bpf_bits(bits, 5) + 1;
	unsigned int packed_count = wasm_bpf_bits(bits, 4) + 4, i;
	unsigned char all[320];
	const char *wrong;
	int left;

	if (length_count > 286 || distance_count > 30)
		return "more symbols than there can be";
	memset(all, 0, sizeof(all));
	for (i = 0; i < packed_count; i++)
		all[order[i]] = (unsigned char)wasm_bpf_bits(bits, 3);
	if (bits->short_of)
		return NULL;
	if (wasm_bpf_code_make(lengths, all, 19))
		return "the code of the code lengths is damaged";
	wrong = wasm_bpf_codes_lengths(bits, lengths, all, length_count + distance_count);
	if (wrong || bits->short_of)
		return wrong;
	if (!all[256])
		return "a block without an end";
	left = wasm_bpf_code_make(lengths, all, length_count);
	if (!wasm_bpf_code_is_whole(lengths, left, length_count))
		return "the code of the symbols is damaged";
	left = wasm_bpf_code_make(distances, all + length_count, distance_count);
	if (!wasm_bpf_code_is_whole(distances, left, distance_count))
		return "the code of the distances is damaged";
	return NULL;
}

/* How many bytes a match has: symbols 257 to 285. */
WASM_BPF_WEAK unsigned int wasm_bpf_length_of(unsigned int symbol, struct wasm_bpf_bits *bits)
{
	unsigned int index = symbol - 257, extra;

	if (index < 8)
		return 3 + index;
	if (index == 28)
		return 258;
	extra = index / 4 - 1;
	return 3 + ((4 + index % 4) << extra) + wasm_bpf_bits(bits, extra);
}

/* How far back a match is: symbols 0 to 29. */
WASM_BPF_WEAK unsigned int wasm_bpf_distance_of(unsigned int symbol, struct wasm_bpf_bits *bits)
{
	unsigned int extra;

	if (symbol < 4 || symbol > 29)
		return 1 + symbol;
	extra = symbol / 2 - 1;
	return 1 + ((2 + symbol % 2) << extra) + wasm_bpf_bits(bits, extra);
}

#ifdef __cplusplus
}
#endif

#endif
