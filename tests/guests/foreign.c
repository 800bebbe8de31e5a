// foreign THREAD: the two ways in which modules of other languages declare imports differently. TinyGo has no function
// pointers: the host calls an export. Some declare map_operate with 64-bit pointers.
#define OWN_BUFFER_POLL
#define OWN_MAP_OPERATE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "object.h"
#include "v0.h"

#ifndef WRAPPER
#define WRAPPER "callback-wrapper"
#endif
#ifndef CALLBACK
#define CALLBACK "go-callback"
#endif

IMPORT(WRAPPER, "wasm_bpf_buffer_poll")
int poll_by_export(uint64_t obj, int fd, void *ctx, char *data, int max_size, int timeout_ms);
IMPORT("wasm_bpf", "wasm_bpf_map_operate")
int map_operate(int fd, int cmd, uint64_t key, uint64_t value, uint64_t next_key, uint64_t flags);

static int total;

__attribute__((export_name(CALLBACK)))
int on_record(int *ctx, char *data, int size)
{
	unsigned long long value;

	memcpy(&value, data, sizeof(value));
	printf("record %llu size %d\n", value, size);
	++*ctx;
	return 0;
}

static uint64_t wide(void *pointer)
{
	return (uintptr_t)pointer;
}

int main(int argc, char **argv)
{
	uint64_t handle = wasm_load_bpf_object(object, sizeof(object));
	uint64_t state[2] = { strtoul(argv[1], NULL, 10) };
	uint32_t zero = 0;
	char buffer[64];
	int state_fd = wasm_bpf_map_fd_by_name(handle, "state"), ring_fd = wasm_bpf_map_fd_by_name(handle, "first");

	printf("update %d\n", map_operate(state_fd, UPDATE, wide(&zero), wide(state), 0, 0));
	printf("attach %d\n", wasm_attach_bpf_program(handle, "number", ""));
	puts("ready");
	fflush(stdout);
	while (total < 2) {
		int n = poll_by_export(handle, ring_fd, &total, buffer, sizeof(buffer), 1000);

		if (n < 0) {
			printf("poll returned %d\n", n);
			return 1;
		}
	}
	printf("lookup %d", map_operate(state_fd, LOOKUP, wide(&zero), wide(state), 0, 0));
	printf(" count %llu\n", state[1]);
	return 0;
}
