/*
 * Unpacking deflate data (RFC 1951) with the frames of gzip (RFC 1952) and zlib
 * (RFC 1950). Input may end anywhere: what is read as one - a header, a symbol
 * with its extra bits - is begun again when more is there. <zlib.h> sits on this.
 */
#ifndef WASM_BPF_INFLATE_H
#define WASM_BPF_INFLATE_H

#include <wasm_bpf/huffman.h>

#ifdef __cplusplus
extern "C" {
#endif

enum wasm_bpf_packed {
	WASM_BPF_RAW,
	WASM_BPF_ZLIB,
	WASM_BPF_GZIP,
	WASM_BPF_EITHER,
};

/* Why unpacking stops. */
enum wasm_bpf_unpacked {
	WASM_BPF_GOES_ON,
	WASM_BPF_STARVED, /* for input */
	WASM_BPF_FULL,	  /* no room */
	WASM_BPF_COMPLETE,
	WASM_BPF_DAMAGED,
};

enum wasm_bpf_unpacking {
	WASM_BPF_AT_START,
	WASM_BPF_AT_BLOCK,
	WASM_BPF_IN_STORED,
	WASM_BPF_IN_CODES,
	WASM_BPF_AT_SUM,
	WASM_BPF_AT_END,
};

#define WASM_BPF_WINDOW 32768u

struct wasm_bpf_inflate {
	enum wasm_bpf_packed form;
	unsigned int window_bits;
	enum wasm_bpf_unpacking place;
	struct wasm_bpf_bits bits;
	unsigned char *input; /* what `bits` reads: left over, then what was given */
	size_t kept;	      /* bytes left over from calls before */
	unsigned char *out;
	size_t room;
	unsigned char window[WASM_BPF_WINDOW];
	uint64_t written;
	uint32_t sum;
	bool last;
	size_t stored;		 /* bytes of a stored block that are to come */
	unsigned int copy, back; /* bytes of a match that are to come, and from how far back */
	struct wasm_bpf_code lengths, distances;
	const char *wrong;
};

WASM_BPF_WEAK uint32_t wasm_bpf_crc32(uint32_t sum, const unsigned char *data, size_t size)
{
	int bit;

	sum = ~sum;
	for (; size; size--) {
		sum ^= *data++;
		for (bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? 0xedb88320u : 0);
	}
	return ~sum;
}

WASM_BPF_WEAK uint32_t wasm_bpf_adler32(uint32_t sum, const unsigned char *data, size_t size)
{
	uint32_t low = sum & 0xffff, high = sum >> 16;

	for (; size; size--) {
		low = (low + *data++) % 65521;
		high = (high + low) % 65521;
	}
	return high << 16 | low;
}

/* Takes input. 0 or -1 without memory. */
WASM_BPF_WEAK int wasm_bpf_inflate_feed(struct wasm_bpf_inflate *state, const void *data,
					size_t size)
{
	unsigned char *input = (unsigned char *)realloc(state->input, state->kept + size + 1);

	if (!input)
		return -1;
	if (size)
		memcpy(input + state->kept, data, size);
	state->input = input;
	state->bits.data = input;
	state->bits.size = state->kept + size;
	return 0;
}

/*
 * How many of the last `given` bytes go back, unread. For want of input none
 * do: they are kept, with the bits of a byte that is half read.
 */
WASM_BPF_WEAK size_t wasm_bpf_inflate_unread(struct wasm_bpf_inflate *state, int result,
					     size_t given)
{
	size_t first = (size_t)(state->bits.at / 8);
	size_t whole = (size_t)((state->bits.at + 7) / 8), unread = 0;

	if (result != WASM_BPF_STARVED)
		unread = state->bits.size - whole < given ? state->bits.size - whole : given;
	state->kept = state->bits.size - unread - first;
	memmove(state->input, state->input + first, state->kept);
	state->bits.at -= (uint64_t)first * 8;
	return unread;
}

WASM_BPF_WEAK int wasm_bpf_inflate_fail(struct wasm_bpf_inflate *state, const char *what)
{
	state->wrong = what;
	return WASM_BPF_DAMAGED;
}

/* Appends a byte to the output, for which there is room. */
WASM_BPF_WEAK void wasm_bpf_inflate_put(struct wasm_bpf_inflate *state, unsigned char byte)
{
	state->window[state->written++ % WASM_BPF_WINDOW] = byte;
	*state->out++ = byte;
	state->room--;
}

/* Skips text up to its NUL. */
WASM_BPF_WEAK void wasm_bpf_inflate_skip_text(struct wasm_bpf_inflate *state)
{
	while (wasm_bpf_bits(&state->bits, 8) && !state->bits.short_of)
		;
}

/* The header of gzip, which began with two bytes; nothing in it but the method and its sum matters. */
WASM_BPF_WEAK int wasm_bpf_inflate_gzip(struct wasm_bpf_inflate *state)
{
	struct wasm_bpf_bits *bits = &state->bits;
	size_t begin = (size_t)(bits->at / 8) - 2, end;
	unsigned int method = wasm_bpf_bits(bits, 8), flags = wasm_bpf_bits(bits, 8), skip, i;

	if (!bits->short_of && method != 8)
		return wasm_bpf_inflate_fail(state, "this is not deflate data");
	if (!bits->short_of && flags & 0xe0)
		return wasm_bpf_inflate_fail(state, "the header has flags that nobody defined");
	for (i = 0; i < 6; i++)
		wasm_bpf_bits(bits, 8);
	skip = flags & 4 ? wasm_bpf_bits(bits, 16) : 0;
	for (i = 0; i < skip && !bits->short_of; i++)
		wasm_bpf_bits(bits, 8);
	if (flags & 8)
		wasm_bpf_inflate_skip_text(state);
	if (flags & 16)
		wasm_bpf_inflate_skip_text(state);
	end = (size_t)(bits->at / 8);
	if (flags & 2 && wasm_bpf_bits(bits, 16) != (wasm_bpf_crc32(0, bits->data + begin, end - begin) & 0xffff) &&
	    !bits->short_of)
		return wasm_bpf_inflate_fail(state, "the header's sum is wrong");
	state->form = bits->short_of ? state->form : WASM_BPF_GZIP;
	state->sum = 0;
	return WASM_BPF_GOES_ON;
}

WASM_BPF_WEAK int wasm_bpf_inflate_start(struct wasm_bpf_inflate *state)
{
	unsigned int first, second;

	state->place = WASM_BPF_AT_BLOCK;
	if (state->form == WASM_BPF_RAW)
		return WASM_BPF_GOES_ON;
	first = wasm_bpf_bits(&state->bits, 8);
	second = wasm_bpf_bits(&state->bits, 8);
	if (state->bits.short_of)
		return WASM_BPF_GOES_ON;
	if (state->form != WASM_BPF_ZLIB && first == 0x1f && second == 0x8b)
		return wasm_bpf_inflate_gzip(state);
	if (state->form == WASM_BPF_GZIP || (first << 8 | second) % 31)
		return wasm_bpf_inflate_fail(state, "this is neither gzip nor zlib data");
	if ((first & 15) != 8)
		return wasm_bpf_inflate_fail(state, "this is not deflate data");
	if ((first >> 4) + 8 > state->window_bits)
		return wasm_bpf_inflate_fail(state, "the window is too large");
	if (second & 32)
		return wasm_bpf_inflate_fail(state, "a dictionary is needed");
	state->form = WASM_BPF_ZLIB;
	state->sum = 1;
	return WASM_BPF_GOES_ON;
}

WASM_BPF_WEAK int wasm_bpf_inflate_block(struct wasm_bpf_inflate *state)
{
	unsigned int kind, size;

	if (state->last) {
		state->place = WASM_BPF_AT_SUM;
		return WASM_BPF_GOES_ON;
	}
	state->last = wasm_bpf_bits(&state->bits, 1);
	kind = wasm_bpf_bits(&state->bits, 2);
	if (kind == 0) {
		wasm_bpf_bits_align(&state->bits);
		size = wasm_bpf_bits(&state->bits, 16);
		if ((size ^ wasm_bpf_bits(&state->bits, 16)) != 0xffff && !state->bits.short_of)
			return wasm_bpf_inflate_fail(state, "a stored block's length is damaged");
		state->stored = size;
		state->place = WASM_BPF_IN_STORED;
	} else if (kind == 3) {
		return wasm_bpf_inflate_fail(state, "a block of no kind");
	} else {
		if (kind == 1)
			wasm_bpf_codes_fixed(&state->lengths, &state->distances);
		else
			state->wrong = wasm_bpf_codes_read(&state->bits, &state->lengths,
							   &state->distances);
		state->place = WASM_BPF_IN_CODES;
	}
	return state->wrong ? WASM_BPF_DAMAGED : WASM_BPF_GOES_ON;
}

WASM_BPF_WEAK int wasm_bpf_inflate_stored(struct wasm_bpf_inflate *state)
{
	if (!state->stored) {
		state->place = WASM_BPF_AT_BLOCK;
		return WASM_BPF_GOES_ON;
	}
	if (!state->room)
		return WASM_BPF_FULL;
	wasm_bpf_bits_need(&state->bits, 8);
	if (!state->bits.short_of) {
		wasm_bpf_inflate_put(state, (unsigned char)wasm_bpf_bits(&state->bits, 8));
		state->stored--;
	}
	return WASM_BPF_GOES_ON;
}

/* Copies what is to come of a match, or reads a symbol. */
WASM_BPF_WEAK int wasm_bpf_inflate_symbol(struct wasm_bpf_inflate *state)
{
	unsigned int symbol, length, distance;

	for (; state->copy && state->room; state->copy--)
		wasm_bpf_inflate_put(
			state, state->window[(state->written - state->back) % WASM_BPF_WINDOW]);
	if (state->copy)
		return WASM_BPF_FULL;
	symbol = wasm_bpf_code_next(&state->lengths, &state->bits);
	if (state->bits.short_of)
		return WASM_BPF_GOES_ON;
	if (symbol == 256) {
		state->place = WASM_BPF_AT_BLOCK;
		return WASM_BPF_GOES_ON;
	}
	if (symbol > 285)
		return wasm_bpf_inflate_fail(state, "a symbol that stands for nothing");
	if (symbol < 256) {
		/* Only now: the end of a block needs no room. */
		if (!state->room)
			return WASM_BPF_FULL;
		wasm_bpf_inflate_put(state, (unsigned char)symbol);
		return WASM_BPF_GOES_ON;
	}
	length = wasm_bpf_length_of(symbol, &state->bits);
	symbol = wasm_bpf_code_next(&state->distances, &state->bits);
	if (!state->bits.short_of && symbol > 29)
		return wasm_bpf_inflate_fail(state, "a distance that stands for nothing");
	distance = wasm_bpf_distance_of(symbol, &state->bits);
	if (state->bits.short_of)
		return WASM_BPF_GOES_ON;
	if (distance > state->written || distance > 1u << state->window_bits)
		return wasm_bpf_inflate_fail(state, "a match begins before the data");
	state->copy = length;
	state->back = distance;
	return WASM_BPF_GOES_ON;
}

/* Compares the sum and, for gzip, the length; RFC 1950's sum has its high byte first. */
WASM_BPF_WEAK int wasm_bpf_inflate_sum(struct wasm_bpf_inflate *state)
{
	uint32_t sum, size = (uint32_t)state->written;

	state->place = WASM_BPF_AT_END;
	if (state->form == WASM_BPF_RAW)
		return WASM_BPF_GOES_ON;
	wasm_bpf_bits_align(&state->bits);
	sum = wasm_bpf_bits(&state->bits, 16);
	sum |= wasm_bpf_bits(&state->bits, 16) << 16;
	if (state->form == WASM_BPF_GZIP) {
		size = wasm_bpf_bits(&state->bits, 16);
		size |= wasm_bpf_bits(&state->bits, 16) << 16;
	} else {
		sum = __builtin_bswap32(sum);
	}
	if (state->bits.short_of)
		return WASM_BPF_GOES_ON;
	if (sum != state->sum)
		return wasm_bpf_inflate_fail(state, "the data's sum is wrong");
	if (size != (uint32_t)state->written)
		return wasm_bpf_inflate_fail(state, "the data's length is wrong");
	return WASM_BPF_GOES_ON;
}

WASM_BPF_WEAK int wasm_bpf_inflate_step(struct wasm_bpf_inflate *state)
{
	switch (state->place) {
	case WASM_BPF_AT_START:
		return wasm_bpf_inflate_start(state);
	case WASM_BPF_AT_BLOCK:
		return wasm_bpf_inflate_block(state);
	case WASM_BPF_IN_STORED:
		return wasm_bpf_inflate_stored(state);
	case WASM_BPF_IN_CODES:
		return wasm_bpf_inflate_symbol(state);
	case WASM_BPF_AT_SUM:
		return wasm_bpf_inflate_sum(state);
	default:
		return WASM_BPF_COMPLETE;
	}
}

/* Goes on until input, room or data end. */
WASM_BPF_WEAK int wasm_bpf_inflate_run(struct wasm_bpf_inflate *state)
{
	int result = state->wrong ? WASM_BPF_DAMAGED : WASM_BPF_GOES_ON;

	while (result == WASM_BPF_GOES_ON) {
		enum wasm_bpf_unpacking place = state->place;
		unsigned char *from = state->out;
		uint64_t at = state->bits.at;
		bool last = state->last;

		/* The sum is taken step by step: what it is compared with comes after the data. */
		result = wasm_bpf_inflate_step(state);
		if (state->form == WASM_BPF_GZIP && state->out != from)
			state->sum = wasm_bpf_crc32(state->sum, from, (size_t)(state->out - from));
		else if (state->out != from)
			state->sum = wasm_bpf_adler32(state->sum, from, (size_t)(state->out - from));
		if (state->bits.short_of) {
			state->bits.short_of = false;
			result = WASM_BPF_STARVED;
		}
		if (result == WASM_BPF_STARVED || result == WASM_BPF_FULL) {
			state->bits.at = at;
			state->place = place;
			state->last = last;
		}
	}
	return result;
}

#ifdef __cplusplus
}
#endif

#endif
