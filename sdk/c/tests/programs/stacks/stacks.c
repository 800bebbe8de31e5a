/*
 * Stacks in variables of `unsigned long`, named with /proc/kallsyms and
 * /proc/PID/maps, as programs for native libbpf do it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "stacks.skel.h"

/* Even: half a frame does not tell that it counts `long`. */
#define DEPTH 64

struct symbol {
	unsigned long address;
	char name[64];
};

struct mapping {
	uint64_t start, end, offset;
	char file[256];
};

static struct symbol *symbols;
static size_t symbol_count;
static struct mapping mappings[512];
static size_t mapping_count;

static int by_address(const void *a, const void *b)
{
	const struct symbol *first = a, *second = b;

	if (first->address != second->address)
		return first->address < second->address ? -1 : 1;
	return strcmp(first->name, second->name);
}

static int read_symbols(void)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	size_t room = 1 << 18;
	unsigned long address;
	char name[64], type;

	if (!file)
		return -1;
	symbols = calloc(room, sizeof(*symbols));
	while (symbols && fscanf(file, "%lx %c %63s%*[^\n]\n", &address, &type, name) == 3) {
		if (type != 't' && type != 'T')
			continue;
		if (symbol_count == room) {
			room *= 2;
			symbols = realloc(symbols, room * sizeof(*symbols));
			if (!symbols)
				return -1;
		}
		symbols[symbol_count].address = address;
		strcpy(symbols[symbol_count++].name, name);
	}
	fclose(file);
	qsort(symbols, symbol_count, sizeof(*symbols), by_address);
	return symbol_count ? 0 : -1;
}

static int read_mappings(int pid)
{
	char path[64], permissions[8], line[512];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	file = fopen(path, "r");
	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file) && mapping_count < 512) {
		struct mapping *mapping = &mappings[mapping_count];

		mapping->file[0] = '\0';
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %" SCNx64 " %*x:%*x %*u %255s", &mapping->start,
			   &mapping->end, permissions, &mapping->offset, mapping->file) < 4)
			return -1;
		mapping_count += permissions[2] == 'x';
	}
	fclose(file);
	return 0;
}

static void print_kernel(const unsigned long *frames)
{
	int i;

	for (i = 0; i < DEPTH && frames[i]; i++) {
		size_t low = 0, high = symbol_count - 1;

		while (low < high) {
			size_t middle = low + (high - low + 1) / 2;

			if (symbols[middle].address <= frames[i])
				low = middle;
			else
				high = middle - 1;
		}
		/* Where the program itself is, differs from one attachment to the next. */
		if (!strncmp(symbols[low].name, "bpf_", 4))
			continue;
		/* Only where something else is attached to the same tracepoint. */
		if (!strncmp(symbols[low].name, "__traceiter_", 12))
			continue;
		printf("%-16lx %s+0x%lx\n", frames[i], symbols[low].name, frames[i] - symbols[low].address);
	}
}

static void print_user(const unsigned long *frames)
{
	char text[128];
	size_t j;
	int i;

	for (i = 0; i < DEPTH && frames[i]; i++) {
		for (j = 0; j < mapping_count; j++)
			if (frames[i] >= mappings[j].start && frames[i] < mappings[j].end)
				break;
		snprintf(text, sizeof(text), "#%-2d 0x%016lx", i, frames[i]);
		if (j < mapping_count)
			printf("%s %s+0x%" PRIx64 "\n", text, mappings[j].file,
			       frames[i] - mappings[j].start + mappings[j].offset);
		else
			printf("%s [unknown]\n", text);
	}
}

int main(int argc, char **argv)
{
	unsigned long frames[DEPTH] = {0};
	struct stacks_bpf *skel = stacks_bpf__open();
	int pid = argc > 1 ? atoi(argv[1]) : 0;
	__u64 whole[DEPTH] = {0};

	if (!skel)
		return 1;
	printf("set: %d\n", bpf_map__set_value_size(skel->maps.stacks, DEPTH * sizeof(unsigned long)));
	printf("set: %d\n", bpf_map__set_value_size(skel->maps.user_stacks, DEPTH * sizeof(unsigned long)));
	printf("bytes: %u\n", bpf_map__value_size(skel->maps.stacks));
	skel->rodata->target_pid = pid;
	if (stacks_bpf__load(skel) || stacks_bpf__attach(skel))
		return 2;
	while (*(volatile int *)&skel->data->user_stack < 0)
		usleep(1000);
	stacks_bpf__detach(skel);

	if (read_symbols())
		return 3;
	printf("kernel: %d\n", bpf_map_lookup_elem(bpf_map__fd(skel->maps.stacks), &skel->data->kernel_stack, frames));
	print_kernel(frames);
	printf("user: %d\n", bpf_map_lookup_elem(bpf_map__fd(skel->maps.user_stacks), &skel->data->user_stack, frames));
	if (read_mappings(pid))
		return 4;
	print_user(frames);
	/* Whole addresses are found in the same list. */
	printf("whole: %d\n", bpf_map_lookup_elem(bpf_map__fd(skel->maps.user_stacks), &skel->data->user_stack, whole));
	printf("in %s\n", whole[0] >= mappings[0].start ? "order" : "disorder");
	stacks_bpf__destroy(skel);
	free(symbols);
	return 0;
}
