// Samples what the CPUs do until Ctrl-C, and then prints it, as flame graphs want it: one line a stack.
#include <errno.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "profile.h"
#include "profile.skel.h"
#include "symbols.h"

#define HERTZ 49
#define MAX_CPUS 1024

static const char usage[] =
	"Usage: profile [-l] [-p PID]\n"
	"\n"
	"Sample what the CPUs do, 49 times a second, until Ctrl-C. Then print each stack on a\n"
	"line, outermost function first, and how often it was seen: the input of a flame graph.\n"
	"\n"
	"  -l      with source files and lines, where there is debug information\n"
	"  -p PID  this process only\n"
	"  -h      show this help\n";

static volatile sig_atomic_t exiting;
static struct bpf_link *links[MAX_CPUS];

static void on_signal(int signal)
{
	(void)signal;
	exiting = 1;
}

/* A clock of one CPU: its hardware's, or where there is none (in virtual machines) the kernel's. */
static int open_clock(int cpu)
{
	static const struct {
		unsigned type, config;
	} clocks[] = {
		{ PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES },
		{ PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK },
	};
	struct perf_event_attr attr = { .size = sizeof(attr), .freq = 1, .sample_freq = HERTZ };
	int fd = -1;

	for (int i = 0; fd < 0 && i < 2; i++) {
		attr.type = clocks[i].type;
		attr.config = clocks[i].config;
		fd = syscall(SYS_perf_event_open, &attr, -1, cpu, -1, 0);
	}
	return fd;
}

/* Attaches to each CPU that is online; 0 or -errno. */
static int attach(struct profile_bpf *skel)
{
	int cpus = libbpf_num_possible_cpus();

	for (int cpu = 0; cpu < cpus && cpu < MAX_CPUS; cpu++) {
		int fd = open_clock(cpu);

		if (fd < 0 && errno == ENODEV)
			continue;
		links[cpu] = fd < 0 ? NULL : bpf_program__attach_perf_event(skel->progs.on_tick, fd);
		if (!links[cpu])
			return -errno;
	}
	return 0;
}

/* Prints a frame after a semicolon: the function, or what there is. */
static void print_frame(const struct symbol *symbol, unsigned long long address)
{
	const char *object = symbol ? symbol->object : NULL;

	if (symbol && symbol->name)
		printf(";%s", symbol->name);
	else if (object && strrchr(object, '/'))
		printf(";%s+0x%llx", strrchr(object, '/') + 1, symbol->object_offset);
	else
		printf(";0x%llx", address);
	if (symbol && symbol->source)
		printf(" (%s:%u)", symbol->source, symbol->line);
}

/* Prints a stack of process `pid`, or of the kernel where it is 0, outermost frame first. */
static void print_frames(int map, int stack, int pid)
{
	unsigned long long frames[MAX_FRAMES] = { 0 };
	const struct symbol *symbols;
	int depth = 0;

	if (stack < 0 || bpf_map_lookup_elem(map, &stack, frames))
		return;
	while (depth < MAX_FRAMES && frames[depth])
		depth++;
	// All but the innermost are where a call returns to: the call is before that.
	for (int i = 1; i < depth; i++)
		frames[i]--;
	symbols = symbols_find(pid, frames, depth);
	while (depth--)
		print_frame(symbols ? &symbols[depth] : NULL, frames[depth]);
}

static void print_counts(struct profile_bpf *skel)
{
	int counts = bpf_map__fd(skel->maps.counts), stacks = bpf_map__fd(skel->maps.stacks);
	static unsigned long long numbers[MAX_STACKS];
	static struct place places[MAX_STACKS];
	unsigned mark, count = MAX_STACKS;
	int err = bpf_map_lookup_batch(counts, NULL, &mark, places, numbers, &count, NULL);

	/* One call reads the whole map, and -ENOENT says that nothing is left. */
	if (err && err != -ENOENT) {
		fprintf(stderr, "profile: cannot read the counts: %s\n", strerror(-err));
		return;
	}
	for (unsigned i = 0; i < count; i++) {
		printf("%s", places[i].comm);
		print_frames(stacks, places[i].user_stack, places[i].pid);
		print_frames(stacks, places[i].kernel_stack, 0);
		printf(" %llu\n", numbers[i]);
	}
	if (skel->bss->dropped)
		fprintf(stderr, "profile: %llu samples were lost: the maps were full\n", skel->bss->dropped);
}

int main(int argc, char **argv)
{
	struct profile_bpf *skel;
	bool lines = false;
	int option, err, pid = 0;

	while ((option = getopt(argc, argv, "lp:h")) != -1) {
		if (option == 'l') {
			lines = true;
			continue;
		}
		if (option != 'p' || atoi(optarg) <= 0) {
			fputs(usage, option == 'h' ? stdout : stderr);
			return option == 'h' ? 0 : 1;
		}
		pid = atoi(optarg);
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);

	skel = profile_bpf__open();
	if (!skel)
		return 1;
	skel->rodata->only_pid = pid;
	err = profile_bpf__load(skel);
	if (!err)
		err = attach(skel);
	if (err) {
		fprintf(stderr, "profile: %s\n", strerror(-err));
	} else {
		fprintf(stderr, "Sampling at %d Hz. Hit Ctrl-C to end.\n", HERTZ);
		while (!exiting)
			sleep(1);
		symbols_open(lines);
		print_counts(skel);
	}
	for (int cpu = 0; cpu < MAX_CPUS; cpu++)
		bpf_link__destroy(links[cpu]);
	profile_bpf__destroy(skel);
	return err ? 1 : 0;
}
