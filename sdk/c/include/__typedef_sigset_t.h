/*
 * sigset_t as Linux has it, 64 signals: WASI's C library makes it one byte.
 * Its own headers include this file by this name.
 */
#ifndef __wasilibc___typedef_sigset_t_h
#define __wasilibc___typedef_sigset_t_h

typedef unsigned long long sigset_t;

#endif
