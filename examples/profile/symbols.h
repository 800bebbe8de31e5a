/* The kernel's functions by their addresses. */
#ifndef SYMBOLS_H
#define SYMBOLS_H

/* Reads /proc/kallsyms; where it cannot be read there are no names. */
void symbols_load(void);

/* The function that `address` lies in, or NULL. */
const char *symbols_find(unsigned long long address);

#endif
