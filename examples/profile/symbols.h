/* The functions of the kernel and of processes by their addresses. */
#ifndef SYMBOLS_H
#define SYMBOLS_H

#include <stdbool.h>

/* A function; texts are NULL where they are not known. */
struct symbol {
	const char *name;
	const char *object; /* the file that has the function */
	unsigned long long object_offset;
	const char *source; /* the source file */
	unsigned int line;
};

/* Gets ready; `lines`: find source files and lines too. */
void symbols_open(bool lines);

/*
 * The functions that `depth` addresses of process `pid` lie in, or of the kernel
 * where it is 0: good until the next call. NULL where nothing is known.
 */
const struct symbol *symbols_find(int pid, const unsigned long long *addresses, int depth);

#endif
