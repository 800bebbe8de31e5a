/* Formats that are right where `long` has 64 bits, printed and read where it has 32. */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#pragma clang diagnostic ignored "-Wformat"

/* As a function, not as what a header may make of its name. */
static int (*pointer)(const char *, ...) = printf;

int main(void)
{
	uint64_t address = 0xffffffff81234567ull, start = 0, end = 0;
	struct {
		unsigned long long wide : 40;
		int narrow : 3;
	} bits = {5, 1};
	char perm[5], text[40], set[20];
	const char *chosen = "%lu and %s\n";
	unsigned long small = 9;
	time_t now = 1700000000;
	size_t size = 3;
	off_t offset = 1ll << 40;
	int i;

	printf("plain\n");
	printf("%s %d%%\n", "text", 7);
	for (i = 0; i < 3; i++)
		printf("\t%zu [<%016lx>] %s+0x%lx %d%%\n", size, address + i, "name", address - 1, i);
	printf("%ld.%06ld %lu %llu|%*ld|%-*lu|%.*s|%zu\n", now, 5l, small, (unsigned long long)address, 12, now, 5,
	       small, 2, "abc", start);
	printf("%jd %ld %hhd %lld %c %5.1f %lu\n", (intmax_t)-5, offset, 300, (long long)-6, 'c', 2.5, address);
	/* What is not said to be long shows its lower half, and what comes after is right. */
	printf("%d %x %u %hd %c|%5d|%-6x| %s\n", address, address, start, address, address + 'a', address, address, "after");
	printf("%d %d %s %x %f %d %s\n", 1, address, "in between", address, 1.5, address, "end");
	printf("%d%% %%lu %lu|%d\n", 1, address, 2);
	printf("%s %i %o %hhu %X\n", "odd", address, address, address, address);
	snprintf(text, sizeof(text), "%x %d %s", address, 6, "text");
	puts(text);
	fprintf(stdout, chosen, address, "chosen");
	sprintf(text, "%s+0x%lx", "sym", address);
	puts(text);
	snprintf(text, sizeof(text), "%lu %lu %lu", (uint64_t)bits.wide, size, (unsigned long)bits.narrow);
	puts(text);
	printf("%d ", sscanf("7f00-8f12345678 r-xp 10", "%lx-%lx %4s %lx", &start, &end, perm, &small));
	printf("%lx %lx %s %lx\n", start, end, perm, small);
	printf("%d ", sscanf("a%b]12 skipped 77", "%[a%b]]%lu %*s %lu", set, &start, &end));
	printf("%s %lu %lu\n", set, start, end);
	printf("%d ", sscanf("1 2 3", "%*lu %lu %d", &start, &i));
	printf("%lu %d\n", start, i);
	pointer("%s\n", "pointer");
	return 0;
}
