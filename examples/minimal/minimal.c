// Prints once a second how often write(2) was called, until Ctrl-C.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "minimal.skel.h"

static volatile sig_atomic_t exiting;

static void on_signal(int signal)
{
	(void)signal;
	exiting = 1;
}

int main(int argc, char **argv)
{
	unsigned long long before = 0, total;
	struct minimal_bpf *skel;

	if (argc > 2 || (argc == 2 && atoi(argv[1]) <= 0)) {
		puts("Usage: minimal [PID]\n\nCount calls of write(2), of all processes or of one, until Ctrl-C.");
		return argc == 2 && !strcmp(argv[1], "-h") ? 0 : 1;
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);

	skel = minimal_bpf__open();
	if (!skel)
		return 1;
	skel->rodata->only_pid = argc == 2 ? atoi(argv[1]) : 0;
	if (minimal_bpf__load(skel) || minimal_bpf__attach(skel)) {
		fprintf(stderr, "minimal: cannot load or attach the BPF program\n");
		minimal_bpf__destroy(skel);
		return 1;
	}
	printf("%10s %10s\n", "WRITES/S", "TOTAL");
	while (!exiting) {
		fflush(stdout);
		sleep(1);
		total = skel->bss->writes;
		printf("%10llu %10llu\n", total - before, total);
		before = total;
	}
	minimal_bpf__destroy(skel);
	return 0;
}
