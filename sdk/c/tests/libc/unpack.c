/*
 * Packed data: `FILE chunks` unpacks it in pieces of many sizes, `FILE flips`
 * with each of its bits turned round, `FILE cuts` with its end cut off.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#define ROOM (1 << 20)

static unsigned char *packed, output[ROOM];
static size_t size;

static void read_packed(const char *path)
{
	FILE *file = fopen(path, "rb");

	packed = malloc(ROOM);
	size = file ? fread(packed, 1, ROOM - 8, file) : 0;
	/* What comes after the data is not for us. */
	memcpy(packed + size, "trail", 5);
	if (file)
		fclose(file);
}

static void in_pieces(size_t in, size_t out)
{
	size_t given = 0, end = size + 5;
	z_stream stream;
	int result, rounds = 0;

	memset(&stream, 0, sizeof(stream));
	inflateInit2(&stream, 32 + MAX_WBITS);
	stream.next_in = packed;
	stream.next_out = output;
	do {
		if (!stream.avail_in && given < end) {
			stream.avail_in = end - given < in ? end - given : in;
			given += stream.avail_in;
		}
		stream.avail_out = out;
		result = inflate(&stream, Z_NO_FLUSH);
		rounds += result == Z_BUF_ERROR;
	} while ((result == Z_OK || result == Z_BUF_ERROR) && rounds < 3);
	printf("%zu, %zu: %d, %lu of %lu, unread %zu, sum %lx %lx\n", in, out, result, (unsigned long)stream.total_out,
	       (unsigned long)stream.total_in, end - given + stream.avail_in,
	       (unsigned long)crc32(0, output, stream.total_out),
	       (unsigned long)adler32(1, output, stream.total_out));
	printf("%d %d\n", inflateEnd(&stream), inflateEnd(&stream));
}

/* What becomes of the first `length` bytes, as a number. */
static unsigned long whole(int window, size_t length, size_t room)
{
	z_stream stream;
	int result;

	memset(&stream, 0, sizeof(stream));
	result = inflateInit2(&stream, window);
	if (result)
		return result;
	stream.next_in = packed;
	stream.avail_in = length;
	stream.next_out = output;
	stream.avail_out = room;
	result = inflate(&stream, Z_FINISH);
	inflateEnd(&stream);
	/* How far it gets before it sees the damage is its own affair. */
	if (result == Z_DATA_ERROR)
		return 1000;
	return crc32(result * 77 + stream.total_out, output, stream.total_out);
}

int main(int argc, char **argv)
{
	static const size_t sizes[] = { 1, 7, 1000, ROOM };
	size_t i, bit;

	if (argc < 3)
		return 1;
	read_packed(argv[1]);
	if (!strcmp(argv[2], "chunks"))
		for (i = 0; i < 16; i++)
			in_pieces(sizes[i / 4], i % 4 == 3 ? ROOM / 2 : sizes[i % 4]);
	for (i = 0; i < size && !strcmp(argv[2], "flips"); i++) {
		printf("%zu:", i);
		for (bit = 0; bit < 8; bit++) {
			packed[i] ^= 1 << bit;
			printf(" %lx", whole(47, size, 1 << 16));
			packed[i] ^= 1 << bit;
		}
		printf("\n");
	}
	for (i = 0; i <= size && !strcmp(argv[2], "cuts"); i++)
		printf("%zu: %lx %lx %lx\n", i, whole(31, i, 1 << 16), whole(47, size, i), whole(15, size, i));
	return 0;
}
