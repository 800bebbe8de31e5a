/* What a guest expects of its host: the first thing that is not so is named, and the guest exits with 1. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(what)                                                                                      \
	do {                                                                                             \
		if (!(what)) {                                                                           \
			fprintf(stderr, "%s:%d: %s (errno %d: %s)\n", __FILE__, __LINE__, #what, errno, \
				strerror(errno));                                                        \
			exit(1);                                                                         \
		}                                                                                        \
	} while (0)

/* `call` fails, and with this error. */
#define FAILS(call, error) CHECK((errno = 0, (call) == -1) && errno == (error))
