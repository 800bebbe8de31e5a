/*
 * Perf buffer, argp and signals, in the manner of a tracing tool: options,
 * a poll loop that a signal ends, a summary.
 */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <asm/unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "perf.skel.h"

static volatile sig_atomic_t exiting;
static unsigned long samples, lost_count;

static struct env {
	int calls;
	bool verbose;
} env = {
	.calls = 3,
};

const char *argp_program_version = "perf 0.1";
const char *argp_program_bug_address = "<bugs@example.org>";
static const char doc[] = "Count a system call of this very process.\n\nUSAGE: perf [-n CALLS]";

static const struct argp_option options[] = {
	{ "calls", 'n', "CALLS", 0, "How many calls to make", 0 },
	{ "verbose", 'v', NULL, 0, "Verbose debug output", 0 },
	{},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'n':
		errno = 0;
		env.calls = strtol(arg, NULL, 10);
		if (errno || env.calls <= 0) {
			fprintf(stderr, "Invalid number: %s\n", arg);
			argp_usage(state);
		}
		break;
	case 'v':
		env.verbose = true;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static int print(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level == LIBBPF_DEBUG && !env.verbose)
		return 0;
	return vfprintf(stderr, format, args);
}

static void on_signal(int number)
{
	(void)number;
	exiting = 1;
}

static void on_sample(void *ctx, int cpu, void *data, __u32 size)
{
	unsigned int pid;

	memcpy(&pid, data, sizeof(pid));
	if (ctx != &env || cpu < 0 || size < sizeof(pid) || pid != (unsigned int)getpid())
		fprintf(stderr, "bad sample\n");
	if (++samples == (unsigned long)env.calls)
		raise(SIGINT);
}

static void on_lost(void *ctx, int cpu, __u64 count)
{
	(void)ctx;
	(void)cpu;
	lost_count += count;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = doc,
	};
	struct perf_buffer *buffer = NULL;
	struct perf_bpf *skel;
	int i, err;

	err = argp_parse(&argp, argc, argv, 0, NULL, NULL);
	if (err)
		return err;
	libbpf_set_print(print);
	skel = perf_bpf__open();
	if (!skel)
		return 1;
	skel->rodata->target_pid = getpid();
	skel->rodata->syscall_number = __NR_getppid;
	err = perf_bpf__load(skel);
	if (err)
		goto cleanup;
	err = perf_bpf__attach(skel);
	if (err)
		goto cleanup;
	buffer = perf_buffer__new(bpf_map__fd(skel->maps.events), 8, on_sample, on_lost, &env, NULL);
	if (!buffer) {
		err = -errno;
		goto cleanup;
	}
	signal(SIGINT, on_signal);
	for (i = 0; i < env.calls; i++)
		getppid();
	while (!exiting) {
		err = perf_buffer__poll(buffer, 100);
		if (err < 0 && err != -EINTR) {
			fprintf(stderr, "poll: %s\n", strerror(-err));
			goto cleanup;
		}
		err = 0;
	}
	printf("%lu samples, %lu lost\n", samples, lost_count);
cleanup:
	perf_buffer__free(buffer);
	perf_bpf__destroy(skel);
	return err != 0;
}
