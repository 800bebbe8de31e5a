// Prints every process's exec and exit until Ctrl-C. Ordinary libbpf code: it compiles natively as well.
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/libbpf.h>

#include "bootstrap.h"
#include "bootstrap.skel.h"

static volatile sig_atomic_t exiting;
static bool verbose;

static const char usage[] =
	"BPF bootstrap demo application.\n"
	"\n"
	"It traces process start and exits and shows associated \n"
	"information (filename, process duration, PID and PPID, etc).\n"
	"\n"
	"USAGE: ./bootstrap [-d <min-duration-ms>] -v\n"
	"\n"
	"  -d, --duration MS  Minimum process duration (ms) to report\n"
	"  -v, --verbose      Verbose debug output\n"
	"  -h, --help         Show this help\n";

static void on_signal(int signal)
{
	(void)signal;
	exiting = 1;
}

static int print_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level == LIBBPF_DEBUG && !verbose)
		return 0;
	return vfprintf(stderr, format, args);
}

static int print_event(void *ctx, void *data, size_t size)
{
	const struct event *e = data;
	time_t now = time(NULL);
	char at[16];

	(void)ctx;
	(void)size;
	strftime(at, sizeof(at), "%H:%M:%S", localtime(&now));
	printf("%-8s %-5s %-16s %-7d %-7d ", at, e->exit_event ? "EXIT" : "EXEC", e->comm, e->pid, e->ppid);
	if (!e->exit_event)
		printf("%s\n", e->filename);
	else if (e->duration_ns)
		printf("[%u] (%llums)\n", e->exit_code, e->duration_ns / 1000000);
	else
		printf("[%u]\n", e->exit_code);
	return 0;
}

static unsigned long long parse_duration(const char *text)
{
	char *end;
	long ms = strtol(text, &end, 10);

	if (end == text || *end || ms <= 0) {
		fprintf(stderr, "bootstrap: invalid duration: %s\n", text);
		exit(1);
	}
	return ms * 1000000ULL;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "duration", required_argument, NULL, 'd' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	unsigned long long min_duration_ns = 0;
	struct ring_buffer *rb = NULL;
	struct bootstrap_bpf *skel;
	int option, err;

	while ((option = getopt_long(argc, argv, "d:vh", options, NULL)) != -1) {
		switch (option) {
		case 'd':
			min_duration_ns = parse_duration(optarg);
			break;
		case 'v':
			verbose = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return 1;
		}
	}
	libbpf_set_print(print_libbpf);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);

	skel = bootstrap_bpf__open();
	if (!skel) {
		fprintf(stderr, "Failed to open BPF skeleton\n");
		return 1;
	}
	skel->rodata->min_duration_ns = min_duration_ns;
	err = bootstrap_bpf__load(skel);
	if (err) {
		fprintf(stderr, "Failed to load BPF skeleton\n");
		goto cleanup;
	}
	err = bootstrap_bpf__attach(skel);
	if (err) {
		fprintf(stderr, "Failed to attach BPF skeleton\n");
		goto cleanup;
	}
	rb = ring_buffer__new(bpf_map__fd(skel->maps.rb), print_event, NULL, NULL);
	if (!rb) {
		err = -1;
		fprintf(stderr, "Failed to create ring buffer\n");
		goto cleanup;
	}

	printf("%-8s %-5s %-16s %-7s %-7s %s\n", "TIME", "EVENT", "COMM", "PID", "PPID", "FILENAME/EXIT CODE");
	fflush(stdout);
	while (!exiting) {
		err = ring_buffer__poll(rb, 100);
		fflush(stdout);
		if (err == -EINTR) {
			err = 0;
			break;
		}
		if (err < 0) {
			fprintf(stderr, "Error polling the ring buffer: %d\n", err);
			break;
		}
		err = 0;
	}
	if (skel->bss->dropped)
		fprintf(stderr, "%llu events were dropped: the ring buffer was full\n", (unsigned long long)skel->bss->dropped);
cleanup:
	ring_buffer__free(rb);
	bootstrap_bpf__destroy(skel);
	return err < 0 ? 1 : 0;
}
