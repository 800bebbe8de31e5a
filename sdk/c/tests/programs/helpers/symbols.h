#ifndef SYMBOLS_H
#define SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

struct symbols;

struct symbols *symbols_load(void);
/* "NAME+0xOFFSET" of an address. */
void symbols_name(const struct symbols *symbols, uint64_t address, char *text, size_t size);
/* 0 for a name that is none. */
unsigned long symbols_address(const struct symbols *symbols, const char *name);

#endif
