// members DIRECTORY: puts descriptors of its own into maps, and tells what the programs made of them.
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "object.h"
#include "v0.h"

static uint64_t handle;
static uint32_t zero;

static int put(const char *map, int descriptor)
{
	return wasm_bpf_map_operate(wasm_bpf_map_fd_by_name(handle, map), UPDATE, &zero, &descriptor, NULL, 0);
}

static uint64_t count_in(const char *map)
{
	uint64_t count = 0;

	wasm_bpf_map_operate(wasm_bpf_map_fd_by_name(handle, map), LOOKUP, &zero, &count, NULL, 0);
	return count;
}

int main(int argc, char **argv)
{
	int directory = open(argv[1], O_RDONLY | O_DIRECTORY), chosen;

	handle = wasm_load_bpf_object(object, sizeof(object));
	chosen = wasm_bpf_map_fd_by_name(handle, "chosen");
	printf("nobody's: %d %d %d\n", put("cgroups", -1), put("cgroups", 1000), put("choice", 0x40012345));
	printf("of another kind: %d %d\n", put("cgroups", chosen), put("choice", directory));
	printf("own: %d %d\n", put("cgroups", directory), put("choice", chosen));
	printf("attach %d\n", wasm_attach_bpf_program(handle, "see_exec", NULL));
	fflush(stdout);
	while (!count_in("hits"))
		usleep(5000);
	printf("hits %llu chosen %llu\n", count_in("hits"), count_in("chosen"));
	return 0;
}
