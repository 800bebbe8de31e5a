// basics MODE ...: attaches a program, then ends, or does not end, in one of many ways.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "object.h"
#include "v0.h"

/* Of the newer ABI: the guest takes the signal itself. */
IMPORT("wasm_bpf_v1", "signal_handle")
int signal_handle(int signal, int on);
IMPORT("wasm_bpf_v1", "signal_take")
int signal_take(void);

static int on_record(void *ctx, void *data, int size)
{
	return 0;
}

__attribute__((noinline)) static void fail_an_assertion(int argc)
{
	if (argc)
		__builtin_trap();
}

static void spin(void)
{
	for (volatile unsigned i = 0;; i++)
		;
}

int main(int argc, char **argv)
{
	const char *mode = argv[1];
	uint64_t handle = wasm_load_bpf_object(object, sizeof(object));
	int ring = wasm_bpf_map_fd_by_name(handle, "ring");
	char buffer[8];

	if (wasm_attach_bpf_program(handle, "see_call", NULL))
		return 1;
	if (!strcmp(mode, "deaf") || !strcmp(mode, "polite"))
		signal_handle(2, 1);
	if (!strcmp(mode, "deaf"))
		signal_handle(15, 1);
	puts("ready");
	fflush(stdout);
	if (!strcmp(mode, "poll"))
		POLL(handle, ring, on_record, NULL, buffer, sizeof(buffer), -1);
	else if (!strcmp(mode, "sleep"))
		sleep(1000000);
	else if (!strcmp(mode, "spin") || !strcmp(mode, "deaf"))
		spin();
	else if (!strcmp(mode, "polite")) {
		int err = POLL(handle, ring, on_record, NULL, buffer, sizeof(buffer), -1);

		printf("poll %d signal %d then %d\n", err, signal_take(), signal_take());
		return 7;
	} else if (!strcmp(mode, "trap"))
		fail_an_assertion(argc);
	else if (!strcmp(mode, "exit"))
		exit(atoi(argv[2]));
	else if (!strcmp(mode, "return"))
		return atoi(argv[2]);
	return 0;
}
