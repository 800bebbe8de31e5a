// Finds the names of kernel functions in /proc/kallsyms.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbols.h"

struct symbol {
	unsigned long long address;
	char *name;
};

static struct symbol *symbols;
static size_t count;

static int by_address(const void *left, const void *right)
{
	const struct symbol *a = left, *b = right;

	return (a->address > b->address) - (a->address < b->address);
}

void symbols_load(void)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	unsigned long long address;
	char line[512], *rest;
	size_t room = 0;

	// ADDRESS TYPE NAME [MODULE]; without the right to see addresses they are 0.
	while (file && fgets(line, sizeof(line), file)) {
		address = strtoull(line, &rest, 16);
		if (!address || strlen(rest) < 4 || !strchr("tTwW", rest[1]))
			continue;
		if (count == room) {
			struct symbol *larger = realloc(symbols, (room = room ? 2 * room : 1 << 16) * sizeof(*symbols));

			if (!larger)
				break;
			symbols = larger;
		}
		symbols[count].address = address;
		symbols[count].name = strndup(rest + 3, strcspn(rest + 3, " \t\n"));
		if (!symbols[count].name)
			break;
		count++;
	}
	if (file)
		fclose(file);
	qsort(symbols, count, sizeof(*symbols), by_address);
}

const char *symbols_find(unsigned long long address)
{
	size_t low = 0, high = count;

	// The last symbol that does not begin after the address.
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (symbols[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? symbols[low - 1].name : NULL;
}
