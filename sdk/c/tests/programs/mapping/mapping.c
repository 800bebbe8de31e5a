/*
 * mmap() of arrays: what the program counts is seen at once and what is stored
 * reaches it; parts, read-only ones, and what cannot be mapped.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/syscall.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "mapping.h"
#include "mapping.skel.h"

#define PAGE 4096

static void refusal(const char *what, size_t length, int prot, int flags, int fd, off_t offset)
{
	void *pages = mmap(NULL, length, prot, flags, fd, offset);
	int error = errno;

	printf("%s: %d", what, pages == MAP_FAILED);
	printf(" %s\n", error == EINVAL ? "EINVAL" : error == EPERM ? "EPERM" : "another");
	if (pages != MAP_FAILED)
		munmap(pages, length);
}

int main(void)
{
	struct mapping_bpf *skel = mapping_bpf__open();
	volatile unsigned long long *counts, *tail;
	unsigned long long value;
	unsigned int key = 7;
	unsigned char *memory;
	int fd, i;

	if (!skel)
		return 1;
	skel->rodata->target_pid = getpid();
	skel->rodata->syscall_number = __NR_getppid;
	if (mapping_bpf__load(skel) || mapping_bpf__attach(skel))
		return 1;
	fd = bpf_map__fd(skel->maps.counts);
	counts = mmap(NULL, ENTRIES * sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	tail = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
	if (counts == MAP_FAILED || tail == MAP_FAILED)
		return 1;
	for (i = 0; i < 5; i++)
		getppid();
	printf("counted %llu, in the second page %llu %llu\n", counts[0], counts[ENTRIES - 1],
	       tail[ENTRIES - 1 - PAGE / 8]);
	counts[0] = 1000;
	counts[key] = 77;
	getppid();
	bpf_map_lookup_elem(fd, &key, &value);
	printf("stored: %llu, then %llu, looked up %llu\n", skel->bss->found, counts[0], value);
	printf("ended: %d", munmap((void *)counts, ENTRIES * sizeof(*counts)));
	getppid();
	counts = mmap(NULL, 8, PROT_READ, MAP_SHARED, fd, 0);
	printf(" again: %llu, the other goes on: %llu\n", counts[0], tail[ENTRIES - 1 - PAGE / 8]);
	munmap((void *)counts, 8);
	munmap((void *)tail, PAGE);

	refusal("past the end", 3 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	refusal("beyond", PAGE, PROT_READ, MAP_SHARED, fd, 2 * PAGE);
	refusal("between pages", PAGE, PROT_READ, MAP_SHARED, fd, 8);
	refusal("nothing", 0, PROT_READ, MAP_SHARED, fd, 0);
	printf("not mappable: %d",
	       mmap(NULL, PAGE, PROT_READ, MAP_SHARED, bpf_map__fd(skel->maps.plain), 0) == MAP_FAILED);
	printf(" %d\n",
	       mmap(NULL, PAGE, PROT_READ, MAP_SHARED, bpf_map__fd(skel->maps.hash), 0) == MAP_FAILED);
	bpf_map_freeze(fd);
	refusal("frozen", PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	tail = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	printf("frozen, to read: %llu\n", tail == MAP_FAILED ? 0 : tail[0]);
	munmap((void *)tail, PAGE);

	memory = mmap(NULL, 100, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (i = 0, value = 0; i < PAGE; i++)
		value += memory[i];
	memset(memory, 1, 100);
	printf("memory: %llu, ended %d\n", value, munmap(memory, 100));
	mapping_bpf__destroy(skel);
	return 0;
}
