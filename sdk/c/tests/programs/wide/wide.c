/*
 * Numbers of 64 bits in `long` and in sizes, as sources for native libbpf have
 * them: read, summed, passed on to functions of any arguments, printed, kept in
 * maps; and kernel symbols that stacks are looked up in.
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "wide.h"
#include "wide.skel.h"

#define DEPTH 20

static struct {
	long age;
	size_t min, max;
} env = {.max = -1};

static void say(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vprintf(format, list);
	va_end(list);
}

static int __scan(const char *text, const char *format, ...)
{
	va_list list;
	int count;

	va_start(list, format);
	count = vsscanf(text, format, list);
	va_end(list);
	return count;
}

static void mention(int level, const char *name, char *format, ...)
{
	va_list list;

	printf("%d %s ", level, name);
	va_start(list, format);
	vprintf(format, list);
	va_end(list);
}

#define tell(format, ...) say("tell: " format, ##__VA_ARGS__)

static size_t sum_of(int count, ...)
{
	va_list list;
	size_t sum = 0;

	va_start(list, count);
	while (count--)
		sum += va_arg(list, size_t);
	va_end(list);
	return sum;
}

static void read_numbers(void)
{
	static const char *const texts[] = {"3000", "99999999999", "-9223372036854775808", "9223372036854775808", "x"};
	char *end;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		errno = 0;
		env.age = strtol(texts[i], &end, 10);
		printf("%ld %d %s ", env.age, errno, end);
		printf("%lu %ld\n", strtoul(texts[i], NULL, 0), atol(texts[i]));
	}
	env.age = LONG_MAX / 1000000;
	printf("%ld %lu %ld %lx %d\n", env.age, ULONG_MAX, LONG_MIN, 1UL << 40, (int)sizeof(long));
	say("%ld of %zu, %lu%s %d %llu %c\n", env.age, env.max, strlen("size"), " and", 5, 7ull, 'c');
	tell("nothing\n");
	tell("%lu\n", env.max - 1);
	env.age = -1;
	printf("%d ", __scan("123456789012 77 x", "%ld %d %*c", &env.age, &(int){0}));
	printf("%ld\n", env.age);
	printf("%zu\n", sum_of(3, (size_t)1, strlen("ab"), sizeof(int)));
	for (env.min = 0; env.min < 5000000000; env.min += 1000000000)
		;
	printf("%zu %lu\n", env.min, env.min);
}

/* The symbol that has the address, in the list that `addresses` are; -1: none. */
static int find(const unsigned long *addresses, int count, unsigned long address)
{
	int best = -1;

	for (int i = 0; i < count; i++)
		if (addresses[i] <= address && (best < 0 || addresses[i] > addresses[best]))
			best = i;
	return best;
}

static void print_stack(struct wide_bpf *skel)
{
	static unsigned long addresses[400000];
	static char names[400000][128];
	uint64_t frames[DEPTH] = {};
	int count = 0, fd = bpf_map__fd(skel->maps.stacks), stack = skel->data->stack;
	FILE *file = fopen("/proc/kallsyms", "r");

	if (!file)
		return;
	while (count < 400000 && fscanf(file, "%lx %*c %127s%*[^\n]\n", &addresses[count], names[count]) == 2)
		count++;
	fclose(file);
	if (bpf_map_lookup_elem(fd, &stack, frames))
		return;
	for (int i = 0; i < DEPTH && frames[i]; i++) {
		int at = find(addresses, count, frames[i]);

		/* Only where something else is attached to the same tracepoint. */
		if (at < 0 || !strncmp(names[at], "__traceiter_", 12))
			continue;
		printf("[<%016lx>] %s+0x%lx\n", frames[i], names[at], frames[i] - addresses[at]);
	}
}

static int keep(struct wide_bpf *skel)
{
	static char text[] = "name";
	struct amount amount = {text, 1UL << 40, 3, env.max}, found = {};
	long key = -5, next = 0;
	int fd = bpf_map__fd(skel->maps.amounts);

	if (bpf_map_update_elem(fd, &key, &amount, BPF_ANY) || bpf_map_get_next_key(fd, NULL, &next) ||
	    bpf_map_lookup_elem(fd, &next, &found))
		return 1;
	printf("%ld %s %lu %d %zu\n", next, found.name == text ? found.name : "", found.bytes, found.count,
	       found.largest);
	return 0;
}

/* What is not said to be long shows its lower half, and what comes after is right. */
static void mismatched(void)
{
	unsigned long long flags = 0xffffffff80000402ull, value = 5;
	unsigned long size = 16;
	struct timespec time = {.tv_nsec = 7};

	say("flags %x, size %d, %s\n", flags, size, "text");
	say("%d %x %ld %d %s %u\n", 1, flags, flags, size, "odd", time.tv_nsec);
	tell("%hhu %d %lu %c|%5d\n", flags, 2, value, value + 'a', value);
	tell("nothing\n");
	say("%d %s %zu\n", sizeof(flags), "size", sizeof(flags));
	mention(1, "level", "%x %d %s\n", flags, size, "third");
}

static int print(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vprintf(format, args) : 0;
}

/* The library's own messages reach what prints the program's lists. */
static void complain(struct wide_bpf *skel)
{
	long key = -5;
	char found[64];

	libbpf_set_print(print);
	if (!bpf_map__lookup_elem(skel->maps.amounts, &key, 4, found, sizeof(found), 0))
		printf("found\n");
}

/* Lists of addresses are the program's. */
static void list_addresses(void)
{
	static const unsigned long addresses[] = {0xffffffff81000000, 1UL << 33};
	LIBBPF_OPTS(bpf_kprobe_multi_opts, functions, .addrs = addresses, .cnt = 2);
	LIBBPF_OPTS(bpf_uprobe_multi_opts, places, .offsets = addresses, .cnt = 2);

	printf("%lx %lx\n", functions.addrs[1], places.offsets[0]);
}

int main(void)
{
	struct wide_bpf *skel = wide_bpf__open();
	int error;

	if (!skel)
		return 1;
	read_numbers();
	mismatched();
	list_addresses();
	skel->rodata->most = env.max;
	skel->rodata->least = env.min;
	bpf_map__set_value_size(skel->maps.stacks, DEPTH * sizeof(unsigned long));
	error = wide_bpf__load(skel) || wide_bpf__attach(skel) || keep(skel);
	if (!error) {
		getppid();
		printf("%d %d\n", skel->bss->within, skel->data->stack >= 0);
		print_stack(skel);
		complain(skel);
	}
	wide_bpf__destroy(skel);
	return error;
}
