// maps MODE [CPUS]: map operations of a kind, with what they returned.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "object.h"
#include "v0.h"

static uint64_t handle;

static int find(const char *name)
{
	int fd = wasm_bpf_map_fd_by_name(handle, name);

	if (fd < 0) {
		printf("no map %s: %d\n", name, fd);
		exit(1);
	}
	return fd;
}

static int operate(int fd, int cmd, void *key, void *value)
{
	return wasm_bpf_map_operate(fd, cmd, key, value, NULL, 0);
}

/* The end of a page that the C library does not use. */
static char *end_of_memory(void)
{
	static char *end;

	if (!end) {
		__builtin_wasm_memory_grow(0, 1);
		end = (char *)(__builtin_wasm_memory_size(0) << 16);
	}
	return end;
}

static void walk(void)
{
	int fd = find("hash"), count = 0, err;
	uint32_t key, next;
	uint64_t value, sum = 0;

	for (key = 1; key <= 5; key++) {
		value = key * 100;
		printf("update %d\n", operate(fd, UPDATE, &key, &value));
	}
	key = 3;
	printf("delete %d, again %d\n", operate(fd, DELETE, &key, NULL), operate(fd, DELETE, &key, NULL));
	printf("lookup of what is gone %d\n", operate(fd, LOOKUP, &key, &value));
	key = 2;
	/* BPF_NOEXIST */
	printf("update as new %d\n", wasm_bpf_map_operate(fd, UPDATE, &key, &value, NULL, 1));
	for (err = wasm_bpf_map_operate(fd, NEXT_KEY, NULL, NULL, &next, 0); !err;
	     err = wasm_bpf_map_operate(fd, NEXT_KEY, &key, NULL, &next, 0)) {
		key = next;
		if (operate(fd, LOOKUP, &key, &value) == 0)
			sum += value;
		count++;
	}
	printf("%d keys, sum %llu, then %d\n", count, sum, err);
}

/* A value for each CPU, each on 8 bytes, between two canaries. */
static void percpu(const char *name, unsigned size, unsigned cpus)
{
	unsigned stride = (size + 7) / 8 * 8, all = stride * cpus, cpu, same = 0, kept = 0;
	unsigned char *block = malloc(all + 32), *values = block + 16;
	int fd = find(name);
	uint32_t key = 0;

	memset(values, 0, all);
	for (cpu = 0; cpu < cpus; cpu++)
		memset(values + cpu * stride, 'a' + cpu % 26, size);
	printf("%s: update %d", name, operate(fd, UPDATE, &key, values));
	memset(block, '#', all + 32);
	printf(" lookup %d", operate(fd, LOOKUP, &key, values));
	for (cpu = 0; cpu < cpus; cpu++)
		same += values[cpu * stride] == 'a' + cpu % 26 && values[cpu * stride + size - 1] == 'a' + cpu % 26;
	for (unsigned i = 0; i < 16; i++)
		kept += (block[i] == '#') + (values[all + i] == '#');
	printf(", %u values, %u canaries\n", same, kept);
	values = (unsigned char *)end_of_memory() - all + 1;
	memset(values, '#', all - 1);
	printf("%s: one byte short: lookup %d update %d", name, operate(fd, LOOKUP, &key, values),
	       operate(fd, UPDATE, &key, values));
	for (unsigned i = kept = 0; i < all - 1; i++)
		kept += values[i] == '#';
	printf(", %s; fitting: lookup %d\n", kept == all - 1 ? "untouched" : "overwritten",
	       operate(fd, LOOKUP, &key, values - 1));
	free(block);
}

static void keyless(const char *name)
{
	int fd = find(name), err = 0;
	uint32_t value;

	for (value = 1; value <= 4; value++)
		err = operate(fd, UPDATE, NULL, &value);
	printf("%s: push of one too many %d\n", name, err);
	err = operate(fd, LOOKUP, NULL, &value);
	printf("peek %d %u\n", err, value);
	while ((err = operate(fd, LOOKUP_AND_DELETE, NULL, &value)) == 0)
		printf("pop %u\n", value);
	printf("then %d\n", err);
}

static void bloom(void)
{
	uint32_t in = 7, out = 8;
	int fd = find("bloom");

	printf("add %d, known %d, unknown %d\n", operate(fd, UPDATE, NULL, &in), operate(fd, LOOKUP, NULL, &in),
	       operate(fd, LOOKUP, NULL, &out));
}

static void two_objects(void)
{
	uint64_t first = handle, second = wasm_load_bpf_object(object, sizeof(object));
	uint64_t ours = 1, theirs = 2, value;
	int in_first = find("array"), in_second;
	uint32_t key = 0;

	handle = second;
	in_second = find("array");
	operate(in_first, UPDATE, &key, &ours);
	operate(in_second, UPDATE, &key, &theirs);
	operate(in_first, LOOKUP, &key, &value);
	printf("first %llu\n", value);
	operate(in_second, LOOKUP, &key, &value);
	printf("second %llu\n", value);
	printf("close %d\n", wasm_close_bpf_object(first));
	printf("first %d second %d\n", operate(in_first, LOOKUP, &key, &value), operate(in_second, LOOKUP, &key, &value));
}

static void descriptors(void)
{
	uint64_t value, other = wasm_load_bpf_object(object, sizeof(object));
	int closed = wasm_bpf_map_fd_by_name(other, "array");
	uint32_t key = 0;

	wasm_close_bpf_object(other);
	printf("closed %d\n", operate(closed, LOOKUP, &key, &value));
	printf("negative %d\n", operate(-1, LOOKUP, &key, &value));
	/* Whatever descriptors the host has, none of them is the guest's. */
	for (int fd = 0; fd < 1024; fd++) {
		int err = operate(fd, LOOKUP, &key, &value);

		if (err != -9)
			printf("descriptor %d: %d\n", fd, err);
	}
	printf("out of the air %d %d %d\n", operate(0x40000000 + 12345, LOOKUP, &key, &value),
	       operate(0x7fffffff, LOOKUP, &key, &value), operate((int)0x80000000, LOOKUP, &key, &value));
	printf("an object is no map %d\n", operate((int)handle, LOOKUP, &key, &value));
	printf("close: 0 %d, 1 %d, huge %d, a map %d\n", wasm_close_bpf_object(0), wasm_close_bpf_object(1),
	       wasm_close_bpf_object((1ULL << 40) + handle), wasm_close_bpf_object(find("array")));
	printf("still there %d\n", operate(find("array"), LOOKUP, &key, &value));
}

static void commands(void)
{
	static const int unknown[] = { 0, 5, 6, 20, 22, 99, -1, 0x7fffffff };
	uint64_t value;
	uint32_t key = 0;
	int fd = find("array");

	for (unsigned i = 0; i < sizeof(unknown) / sizeof(*unknown); i++)
		printf("%d: %d\n", unknown[i], operate(fd, unknown[i], &key, &value));
}

static void pointers(void)
{
	char *end = end_of_memory(), *top = (char *)UINTPTR_MAX;
	int fd = find("hash");
	uint64_t value = 5;
	uint32_t key = 1;

	operate(fd, UPDATE, &key, &value);
	printf("lookup: key %d %d, value %d %d %d\n", operate(fd, LOOKUP, end - 3, &value), operate(fd, LOOKUP, top, &value),
	       operate(fd, LOOKUP, &key, end - 7), operate(fd, LOOKUP, &key, end), operate(fd, LOOKUP, &key, top));
	printf("update: key %d, value %d\n", operate(fd, UPDATE, end - 3, &value), operate(fd, UPDATE, &key, end - 7));
	printf("delete: key %d\n", operate(fd, DELETE, end, NULL));
	printf("next: key %d, next %d\n", wasm_bpf_map_operate(fd, NEXT_KEY, end, NULL, &key, 0),
	       wasm_bpf_map_operate(fd, NEXT_KEY, &key, NULL, end - 1, 0));
	printf("names: map %d %d, program %d, target %d\n", wasm_bpf_map_fd_by_name(handle, end),
	       wasm_bpf_map_fd_by_name(handle, top), wasm_attach_bpf_program(handle, end, NULL),
	       wasm_attach_bpf_program(handle, "observe", end));
	memset(end - 16, 'x', 16);
	printf("name without an end %d\n", wasm_bpf_map_fd_by_name(handle, end - 16));
	printf("object: start %llu, length %llu %llu\n", wasm_load_bpf_object(end - 8, 64), wasm_load_bpf_object(object, -1),
	       wasm_load_bpf_object(object, 0x7fffffff));
	printf("unknown map %d\n", wasm_bpf_map_fd_by_name(handle, "nothing"));
	printf("unharmed %d\n", operate(fd, LOOKUP, &key, &value));
}

int main(int argc, char **argv)
{
	unsigned cpus = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	const char *mode = argv[1];

	handle = wasm_load_bpf_object(object, sizeof(object));
	if (!handle)
		return 1;
	if (!strcmp(mode, "walk"))
		walk();
	else if (!strcmp(mode, "percpu")) {
		percpu("percpu_hash", 4, cpus);
		percpu("percpu_array", 12, cpus);
	} else if (!strcmp(mode, "keyless")) {
		keyless("queue");
		keyless("stack");
	} else if (!strcmp(mode, "bloom")) {
		bloom();
	} else if (!strcmp(mode, "two-objects"))
		two_objects();
	else if (!strcmp(mode, "descriptors"))
		descriptors();
	else if (!strcmp(mode, "commands"))
		commands();
	else if (!strcmp(mode, "pointers"))
		pointers();
	else
		return 2;
	return 0;
}
