// attach PROGRAM [TARGET]: loads, attaches, says when the program was run for the first time, and stays.
// With BY_DESCRIPTOR, TARGET is a directory of the guest's.
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "object.h"
#include "v0.h"

int main(int argc, char **argv)
{
	uint64_t handle = wasm_load_bpf_object(object, sizeof(object)), hits = 0;
	uint32_t zero = 0;
	int fd, err;

	if (!handle) {
		puts("not loaded");
		return 3;
	}
#ifdef BY_DESCRIPTOR
	err = wasm_attach_bpf_program_fd(handle, argv[1], open(argv[2], O_RDONLY | O_DIRECTORY));
#else
	err = wasm_attach_bpf_program(handle, argv[1], argc > 2 ? argv[2] : NULL);
#endif
	printf("attach %d\n", err);
	fflush(stdout);
	if (err)
		return 4;
	fd = wasm_bpf_map_fd_by_name(handle, "hits");
	while (!hits) {
		usleep(5000);
		if (wasm_bpf_map_operate(fd, LOOKUP, &zero, &hits, NULL, 0))
			return 5;
	}
	puts("was run");
	fflush(stdout);
	for (;;)
		sleep(1000);
}
