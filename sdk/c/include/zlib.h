/*
 * <zlib.h>: unpacking only, with zlib's interface: inflate() for gzip, zlib and
 * raw deflate data (RFC 1950 to 1952). Tools carry kernel types packed that way.
 */
#ifndef WASM_BPF_ZLIB_H
#define WASM_BPF_ZLIB_H

/* As zconf.h does: programs rely on it. */
#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/types.h>
#include <unistd.h>

#include <wasm_bpf/inflate.h>

#define ZLIB_VERSION "1.2.13"
#define MAX_WBITS 15
#define Z_NULL 0

#define Z_NO_FLUSH 0
#define Z_PARTIAL_FLUSH 1
#define Z_SYNC_FLUSH 2
#define Z_FULL_FLUSH 3
#define Z_FINISH 4
#define Z_BLOCK 5

#define Z_OK 0
#define Z_STREAM_END 1
#define Z_NEED_DICT 2
#define Z_ERRNO (-1)
#define Z_STREAM_ERROR (-2)
#define Z_DATA_ERROR (-3)
#define Z_MEM_ERROR (-4)
#define Z_BUF_ERROR (-5)
#define Z_VERSION_ERROR (-6)

#ifdef __cplusplus
extern "C" {
#endif

typedef unsigned char Byte;
typedef Byte Bytef;
typedef unsigned int uInt;
typedef unsigned long uLong;
typedef uLong uLongf;
typedef void *voidpf;
typedef void *voidp;
typedef voidpf (*alloc_func)(voidpf opaque, uInt items, uInt size);
typedef void (*free_func)(voidpf opaque, voidpf address);

/* `zalloc` and `zfree` are not called: memory comes from malloc(). */
typedef struct z_stream_s {
	const Bytef *next_in;
	uInt avail_in;
	uLong total_in;
	Bytef *next_out;
	uInt avail_out;
	uLong total_out;
	const char *msg;
	struct wasm_bpf_inflate *state;
	alloc_func zalloc;
	free_func zfree;
	voidpf opaque;
	int data_type;
	uLong adler;
	uLong reserved;
} z_stream;
typedef z_stream *z_streamp;

/*
 * `windowBits`: 8 to 15 zlib, 24 to 31 gzip, 40 to 47 whichever it is, -8 to
 * -15 raw. Z_OK, Z_STREAM_ERROR for other numbers, Z_MEM_ERROR.
 */
WASM_BPF_WEAK int inflateInit2(z_streamp strm, int windowBits)
{
	int bits = windowBits < 0 ? -windowBits : windowBits & 15;
	int form = windowBits < 0 ? WASM_BPF_RAW : (windowBits >> 4) + 1;

	if (!strm || windowBits < -15 || windowBits > 47 || (bits && bits < 8) ||
	    (!bits && windowBits < 0))
		return Z_STREAM_ERROR;
	strm->msg = NULL;
	strm->total_in = strm->total_out = 0;
	strm->state = (struct wasm_bpf_inflate *)calloc(1, sizeof(*strm->state));
	if (!strm->state)
		return Z_MEM_ERROR;
	strm->state->form = (enum wasm_bpf_packed)form;
	strm->state->window_bits = bits ? (unsigned int)bits : MAX_WBITS;
	return Z_OK;
}

WASM_BPF_WEAK int inflateInit(z_streamp strm)
{
	return inflateInit2(strm, MAX_WBITS);
}

/*
 * Unpacks as much as input and room allow. Z_STREAM_END at the end, whose sum
 * was right; Z_OK if it got on; Z_BUF_ERROR if it could not, or with Z_FINISH
 * did not reach the end; Z_DATA_ERROR for damaged data, with a word in `msg`.
 */
WASM_BPF_WEAK int inflate(z_streamp strm, int flush)
{
	struct wasm_bpf_inflate *state;
	uInt had_in, had_out;
	size_t unread;
	int result;

	if (!strm || !strm->state || !strm->next_out || (!strm->next_in && strm->avail_in))
		return Z_STREAM_ERROR;
	state = strm->state;
	had_in = strm->avail_in;
	had_out = strm->avail_out;
	if (wasm_bpf_inflate_feed(state, strm->next_in, had_in))
		return Z_MEM_ERROR;
	state->out = strm->next_out;
	state->room = had_out;
	result = wasm_bpf_inflate_run(state);
	unread = wasm_bpf_inflate_unread(state, result, had_in);
	strm->next_in += had_in - unread;
	strm->avail_in = (uInt)unread;
	strm->total_in += had_in - (uLong)unread;
	strm->next_out = state->out;
	strm->avail_out = (uInt)state->room;
	strm->total_out += had_out - (uLong)state->room;
	strm->adler = state->sum;
	strm->msg = state->wrong;
	if (result == WASM_BPF_DAMAGED)
		return Z_DATA_ERROR;
	if (result == WASM_BPF_COMPLETE)
		return Z_STREAM_END;
	if (flush == Z_FINISH || (unread == had_in && state->room == had_out))
		return Z_BUF_ERROR;
	return Z_OK;
}

WASM_BPF_WEAK int inflateEnd(z_streamp strm)
{
	if (!strm || !strm->state)
		return Z_STREAM_ERROR;
	free(strm->state->input);
	free(strm->state);
	strm->state = NULL;
	return Z_OK;
}

/* Unpacks zlib data in one go; `*destLen` is the room, then what there is. */
WASM_BPF_WEAK int uncompress(Bytef *dest, uLongf *destLen, const Bytef *source, uLong sourceLen)
{
	z_stream stream;
	int result;

	memset(&stream, 0, sizeof(stream));
	result = inflateInit(&stream);
	if (result != Z_OK)
		return result;
	stream.next_in = source;
	stream.avail_in = (uInt)sourceLen;
	stream.next_out = dest;
	stream.avail_out = (uInt)*destLen;
	result = inflate(&stream, Z_FINISH);
	*destLen = stream.total_out;
	inflateEnd(&stream);
	if (result == Z_BUF_ERROR && stream.avail_out)
		return Z_DATA_ERROR; /* the data ended too early */
	return result == Z_STREAM_END ? Z_OK : result;
}

/* The sum of gzip data, continued; 0 to begin with. */
WASM_BPF_WEAK uLong crc32(uLong crc, const Bytef *buf, uInt len)
{
	return buf ? wasm_bpf_crc32((uint32_t)crc, buf, len) : 0;
}

/* The sum of zlib data, continued; 1 to begin with. */
WASM_BPF_WEAK uLong adler32(uLong adler, const Bytef *buf, uInt len)
{
	return buf ? wasm_bpf_adler32((uint32_t)adler, buf, len) : 1;
}

WASM_BPF_WEAK const char *zlibVersion(void)
{
	return ZLIB_VERSION;
}

#define WASM_BPF_NO_PACKING WASM_BPF_UNAVAILABLE("this zlib.h unpacks only")
int deflate(z_streamp strm, int flush) WASM_BPF_NO_PACKING;
int deflateInit(z_streamp strm, int level) WASM_BPF_NO_PACKING;
int deflateInit2(z_streamp strm, int level, int method, int windowBits, int memLevel, int strategy)
	WASM_BPF_NO_PACKING;
int deflateEnd(z_streamp strm) WASM_BPF_NO_PACKING;
int compress(Bytef *dest, uLongf *destLen, const Bytef *source, uLong sourceLen)
	WASM_BPF_NO_PACKING;

#ifdef __cplusplus
}
#endif

#endif
