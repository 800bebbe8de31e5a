/* Errors have Linux's numbers and glibc's texts, whoever sets them. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#if !defined(__GLIBC__) || __GLIBC__ < 2 || (__GLIBC__ == 2 && __GLIBC_MINOR__ < 32)
const char *strerrorname_np(int number)
{
	(void)number;
	return NULL;
}
#endif

static void show(const char *what)
{
	printf("%s: %d %s\n", what, errno, strerror(errno));
}

int main(int argc, char **argv)
{
	char text[64], path[PATH_MAX];
	const char *name;
	int number, saved;
	FILE *file;

	for (number = -1; number < 136; number++) {
		name = number ? strerrorname_np(number) : "nothing";
		printf("%d %s: %s\n", number, name ? name : "-", strerror(number));
	}
	printf("%d %d %d %d\n", EWOULDBLOCK, ENOTSUP, EDEADLOCK, EINTR);

	/* The C library's functions, twice each: the second error is noticed, too. */
	for (number = 0; number < 2; number++) {
		errno = 0;
		printf("%d ", errno);
		strtol("99999999999999999999999", NULL, 10);
		show("strtol");
		snprintf(path, sizeof(path), "%s/none", argc > 1 ? argv[1] : "");
		file = fopen(path, "r");
		show(file ? "there" : "fopen");
		errno = EAGAIN;
		show("set");
		if (write(-1, "", 1) < 0)
			show("write");
		if (read(-1, text, 1) < 0)
			show("read");
		if (close(-1))
			show("close");
		saved = errno;
		strtol("99999999999999999999999", NULL, 10);
		errno = saved;
		show("put back");
	}
	/* The kernel's, through libbpf. */
	printf("%d %d\n", bpf_map_freeze(-1), errno);
	libbpf_set_print(NULL);
	printf("%d", bpf_map_create(BPF_MAP_TYPE_HASH, "errors", 4, 4, 0, NULL));
	show(" create");
	printf("%d %s\n", libbpf_strerror(-ENOENT, text, sizeof(text)), text);
	fflush(stdout);
	errno = ENODATA;
	perror("perror");
	errno = 524;
	perror("");
	return 0;
}
