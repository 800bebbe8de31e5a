// In a native program, /proc/kallsyms has the kernel's functions; those of processes need a library, and stay addresses.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile.h"
#include "symbols.h"

#ifndef __wasm__
struct function {
	unsigned long long address;
	char *name;
};

static struct function *functions;
static size_t count;

static int by_address(const void *left, const void *right)
{
	const struct function *a = left, *b = right;

	return (a->address > b->address) - (a->address < b->address);
}

void symbols_open(bool lines)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	unsigned long long address;
	char line[512], *rest;
	size_t room = 0;

	(void)lines;

	// ADDRESS TYPE NAME [MODULE]; without the right to see addresses they are 0.
	while (file && fgets(line, sizeof(line), file)) {
		address = strtoull(line, &rest, 16);
		if (!address || strlen(rest) < 4 || !strchr("tTwW", rest[1]))
			continue;
		if (count == room) {
			size_t more = room ? 2 * room : 1 << 16;
			struct function *larger = realloc(functions, more * sizeof(*functions));

			if (!larger)
				break;
			functions = larger;
			room = more;
		}
		functions[count].address = address;
		functions[count].name = strndup(rest + 3, strcspn(rest + 3, " \t\n"));
		if (!functions[count].name)
			break;
		count++;
	}
	if (file)
		fclose(file);
	qsort(functions, count, sizeof(*functions), by_address);
}

/* The last function that does not begin after the address. */
static const char *find(unsigned long long address)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (functions[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? functions[low - 1].name : NULL;
}

const struct symbol *symbols_find(int pid, const unsigned long long *addresses, int depth)
{
	static struct symbol found[MAX_FRAMES];

	if (pid)
		return NULL;
	for (int i = 0; i < depth; i++)
		found[i].name = find(addresses[i]);
	return found;
}
#endif
