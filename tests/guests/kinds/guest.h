/* What the guest's sources share. */
#ifndef GUEST_H
#define GUEST_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kinds.h"

/* As many programs as can be attached at once. */
#define PROGRAMS 8

/* Ends the guest with what failed. */
static inline void check(int ok, const char *what)
{
	if (ok)
		return;
	printf("%s failed: %s\n", what, strerror(errno));
	exit(1);
}

/*
 * Attaches the programs (NULL after the last one) in the way that `args` says, NULL after the last of them. The packet
 * socket, where that is what they are attached to, else -1.
 */
int attach(struct bpf_object *object, struct bpf_program **programs, char **args, struct wanted wanted);

#endif
