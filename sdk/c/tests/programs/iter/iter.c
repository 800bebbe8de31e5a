/* An iterator, read like a file. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "iter.skel.h"

int main(void)
{
	char text[256], expected[64];
	struct iter_bpf *skel;
	struct bpf_link *link;
	ssize_t length, total = 0;
	int fd;

	skel = iter_bpf__open();
	if (!skel)
		return 1;
	skel->rodata->target_pid = getpid();
	if (iter_bpf__load(skel))
		return 1;
	link = bpf_program__attach_iter(skel->progs.print_task, NULL);
	if (!link)
		return 1;
	fd = bpf_iter_create(bpf_link__fd(link));
	if (fd < 0)
		return 1;
	while ((length = read(fd, text + total, sizeof(text) - total - 1)) > 0)
		total += length;
	text[total] = '\0';
	snprintf(expected, sizeof(expected), "process %d\n", getpid());
	printf("read: %d, as expected: %d\n", length == 0, !strcmp(text, expected));
	printf("close: %d\n", close(fd));
	printf("again: %d\n", close(fd) == -1 && errno == EBADF);
	printf("destroy: %d\n", bpf_link__destroy(link));
	iter_bpf__destroy(skel);
	return 0;
}
