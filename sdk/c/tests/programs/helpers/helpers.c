/*
 * What the helpers of the well-known tools are made of, in one program: kernel
 * symbols, functions of ELF files, probes, files below /proc, histograms,
 * records that both sides lay out, commands that are asked.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <gelf.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "helpers.h"
#include "helpers.skel.h"

#include "probes.h"
#include "symbols.h"

/* Where a function is in an ELF file, by its symbol; -1 if there is none. */
static off_t function_offset(const char *path, const char *function)
{
	int fd = open(path, O_RDONLY);
	Elf_Scn *section = NULL;
	off_t offset = -1;
	GElf_Shdr header;
	GElf_Sym symbol;
	Elf *elf;
	int i;

	if (fd < 0 || elf_version(EV_CURRENT) == EV_NONE)
		return -1;
	elf = elf_begin(fd, ELF_C_READ, NULL);
	while (elf && (section = elf_nextscn(elf, section))) {
		Elf_Data *data = NULL;

		if (!gelf_getshdr(section, &header) ||
		    (header.sh_type != SHT_SYMTAB && header.sh_type != SHT_DYNSYM))
			continue;
		while ((data = elf_getdata(section, data)))
			for (i = 0; gelf_getsym(data, i, &symbol); i++) {
				const char *name = elf_strptr(elf, header.sh_link, symbol.st_name);

				if (name && GELF_ST_TYPE(symbol.st_info) == STT_FUNC && !strcmp(name, function))
					offset = (off_t)symbol.st_value;
			}
	}
	elf_end(elf);
	close(fd);
	return offset;
}

/* The C library that this process runs, or the runtime's. */
static int find_libc(char *path)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char name[PATH_MAX];

	if (!maps)
		return -errno;
	while (fscanf(maps, "%*x-%*x %*s %*s %*s %*s%[^\n]\n", name) != EOF) {
		char *slash = strrchr(name, '/');

		if (!slash || strncmp(slash, "/libc.so", 8))
			continue;
		strcpy(path, strchr(name, '/'));
		fclose(maps);
		return 0;
	}
	fclose(maps);
	return -ENOENT;
}

static void print_stars(unsigned int value, unsigned int most, int width)
{
	int stars = (int)((value < most ? value : most) * (unsigned)width / most), i;

	for (i = 0; i < width; i++)
		putchar(i < stars ? '*' : ' ');
}

static void print_histogram(const unsigned int *values, int count, const char *unit)
{
	unsigned int most = 0;
	int last = -1, i;

	for (i = 0; i < count; i++) {
		if (values[i])
			last = i;
		if (values[i] > most)
			most = values[i];
	}
	printf("%*s%-*s : count    distribution\n", 5, "", 19, unit);
	for (i = 0; i <= last; i++) {
		unsigned long long low = (1ull << (i + 1)) >> 1, high = (1ull << (i + 1)) - 1;

		printf("%*lld -> %-*lld : %-8d |", 10, low == high ? low - 1 : low, 10, high, values[i]);
		print_stars(values[i], most, 40);
		printf("|\n");
	}
}

static int print_event(void *ctx, void *data, size_t size)
{
	const struct event *event = (const struct event *)data;

	(void)ctx;
	printf("%zu %llu %lld %zd %d %d %s\n", size, event->when, event->offset, event->size,
	       event->pid == getpid(), event->operation, event->name);
	return 1;
}

/* The first line of what a command prints, and how it ended. */
static void ask(const char *command)
{
	FILE *stream = popen(command, "r");
	char *line = (char *)1;
	size_t room = 0;
	int status;

	if (!stream) {
		printf("%s: %s\n", command, strerror(errno));
		return;
	}
	/* glibc does not look at the pointer where there is no room. */
	if (getline(&line, &room, stream) >= 0)
		printf("%s", line);
	free(line);
	status = pclose(stream);
	printf("%s: %d\n", command, WEXITSTATUS(status));
}

static void print_files(void)
{
	unsigned long long buffers = 0;
	char *line = NULL, name[32];
	unsigned int major, minor;
	unsigned long long size;
	FILE *file = fopen("/proc/partitions", "r");
	size_t room = 0;
	int max = 0;

	while (file && getline(&line, &room, file) >= 0)
		if (sscanf(line, "%u %u %llu %31s", &major, &minor, &size, name) == 4)
			printf("%s %u\n", name, major << 20 | minor);
	free(line);
	if (file)
		fclose(file);
	file = fopen("/proc/meminfo", "r");
	if (file) {
		printf("%d ", fscanf(file, "MemTotal: %*u kB\nMemFree: %*u kB\nMemAvailable: %*u kB\nBuffers: %llu kB\n",
				     &buffers));
		fclose(file);
	}
	file = fopen("/proc/sys/kernel/pid_max", "r");
	if (file && fscanf(file, "%d\n", &max) == 1)
		printf("%d\n", max);
	if (file)
		fclose(file);
}

/* The outermost frames of a stack, where the kernel was entered: the same for both. */
static void print_stack(const struct symbols *symbols, int map, __u32 id)
{
	uint64_t frames[127] = {0};
	char text[80];
	int count;

	if (bpf_map_lookup_elem(map, &id, &frames)) {
		printf("no stack: %s\n", strerror(errno));
		return;
	}
	for (count = 0; count < 127 && frames[count]; count++)
		;
	for (int i = count > 2 ? count - 2 : 0; i < count; i++) {
		symbols_name(symbols, frames[i], text, sizeof(text));
		printf("%s\n", text);
	}
}

int main(void)
{
	struct symbols *symbols = symbols_load();
	char text[PATH_MAX], stamp[16];
	struct helpers_bpf *skel;
	struct ring_buffer *ring;
	ssize_t length;
	off_t offset;
	time_t now;
	int i;

	if (!symbols) {
		printf("no symbols\n");
		return 1;
	}
	probes_print();
	print_files();
	skel = helpers_bpf__open();
	if (!skel)
		return 1;
	skel->rodata->target_pid = getpid();
	skel->rodata->call = __NR_getppid;
	skel->rodata->address = (void *)symbols_address(symbols, "schedule");
	if (helpers_bpf__load(skel))
		return 1;
	skel->links.on_enter = bpf_program__attach(skel->progs.on_enter);
	ring = ring_buffer__new(bpf_map__fd(skel->maps.events), print_event, NULL, NULL);
	if (!skel->links.on_enter || !ring)
		return 1;
	for (i = 0; i < 2; i++) {
		getppid();
		while (ring_buffer__poll(ring, 100) == 0)
			;
	}
	print_histogram(skel->bss->hists[WRITES].slots, 27, "usecs");
	symbols_name(symbols, (unsigned long)skel->bss->seen_address, text, sizeof(text));
	printf("address: %d %llx\n", !strncmp(text, "schedule+0x0", 13), (unsigned long long)skel->bss->seen_address >> 32);
	print_stack(symbols, bpf_map__fd(skel->maps.stacks), (__u32)skel->data->stack);

	printf("libc: %d\n", find_libc(text));
	offset = function_offset(text, "getaddrinfo");
	printf("offset: %lx, none: %ld\n", (unsigned long)offset, (long)function_offset(text, "no_such_function"));
	skel->links.on_function = bpf_program__attach_uprobe(skel->progs.on_function, false, -1, text, (size_t)offset);
	printf("attached: %ld\n", libbpf_get_error(skel->links.on_function));

	ask("which bash");
	ask("which no-such-program-anywhere");
	length = readlink("/proc/self/exe", text, sizeof(text));
	printf("executable: %d\n", length > 0 && (size_t)length < sizeof(text));
	time(&now);
	strftime(stamp, sizeof(stamp), "%H:%M:%S", localtime(&now));
	printf("stamp: %zu\n", strlen(stamp));
	ring_buffer__free(ring);
	helpers_bpf__destroy(skel);
	return 0;
}
