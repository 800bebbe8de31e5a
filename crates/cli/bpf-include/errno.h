/* The kernel's error numbers: BPF programs return them, not those of a C library. */
#include <linux/errno.h>
