/* The kernel's symbols in `unsigned long`, as tools keep them. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbols.h"

struct symbol {
	const char *name;
	unsigned long address;
};

struct symbols {
	struct symbol *all;
	int count;
};

static int by_address(const void *left, const void *right)
{
	const struct symbol *a = (const struct symbol *)left, *b = (const struct symbol *)right;

	return a->address == b->address ? strcmp(a->name, b->name) : a->address < b->address ? -1 : 1;
}

struct symbols *symbols_load(void)
{
	struct symbols *symbols = (struct symbols *)calloc(1, sizeof(*symbols));
	FILE *file = fopen("/proc/kallsyms", "r");
	unsigned long address;
	char type, name[256];
	int room = 0, got;

	if (!file || !symbols)
		return NULL;
	while ((got = fscanf(file, "%lx %c %255s%*[^\n]\n", &address, &type, name)) == 3) {
		if (symbols->count == room) {
			room = room ? room * 2 : 1024;
			symbols->all = (struct symbol *)realloc(symbols->all, sizeof(*symbols->all) * (size_t)room);
		}
		/* Of the kernel's text and data; those of processors are no addresses. */
		if (tolower(type) == 'a')
			continue;
		symbols->all[symbols->count].name = strdup(name);
		symbols->all[symbols->count++].address = address;
	}
	if (got != EOF || !feof(file))
		return NULL;
	fclose(file);
	qsort(symbols->all, (size_t)symbols->count, sizeof(*symbols->all), by_address);
	return symbols;
}

static const struct symbol *find(const struct symbols *symbols, unsigned long address)
{
	int low = 0, high = symbols->count - 1;

	while (low < high) {
		int middle = low + (high - low + 1) / 2;

		if (symbols->all[middle].address <= address)
			low = middle;
		else
			high = middle - 1;
	}
	return low == high && symbols->all[low].address <= address ? &symbols->all[low] : NULL;
}

void symbols_name(const struct symbols *symbols, uint64_t address, char *text, size_t size)
{
	const struct symbol *symbol = find(symbols, address);

	if (symbol)
		snprintf(text, size, "%s+0x%lx", symbol->name, address - symbol->address);
	else
		snprintf(text, size, "[unknown]");
}

unsigned long symbols_address(const struct symbols *symbols, const char *name)
{
	int i;

	for (i = 0; i < symbols->count; i++)
		if (!strcmp(symbols->all[i].name, name))
			return symbols->all[i].address;
	return 0;
}
