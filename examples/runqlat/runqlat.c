// Prints a histogram of scheduler latency at each interval, and the last one on Ctrl-C.
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "runqlat.h"
#include "runqlat.skel.h"

#define BAR_WIDTH 40

static volatile sig_atomic_t exiting;

static const char usage[] =
	"Summarize run queue (scheduler) latency as a histogram.\n"
	"\n"
	"USAGE: runqlat [--help] [interval] [count]\n"
	"\n"
	"EXAMPLES:\n"
	"    runqlat         # summarize run queue latency as a histogram\n"
	"    runqlat 1 10    # print 1 second summaries, 10 times\n";

static void on_signal(int signal)
{
	(void)signal;
	exiting = 1;
}

static void print_bar(unsigned value, unsigned max)
{
	unsigned filled = (unsigned long long)value * BAR_WIDTH / max;

	putchar('|');
	for (unsigned i = 0; i < BAR_WIDTH; i++)
		putchar(i < filled ? '*' : ' ');
	puts("|");
}

static void print_hist(const struct hist *hist)
{
	unsigned max = 0;
	int last = -1;

	for (int i = 0; i < MAX_SLOTS; i++) {
		if (hist->slots[i])
			last = i;
		if (hist->slots[i] > max)
			max = hist->slots[i];
	}
	if (last < 0) {
		puts("No task has waited for a CPU yet.");
		return;
	}
	printf("%5s%-19s : count    distribution\n", "", "usecs");
	for (int i = 0; i <= last; i++) {
		unsigned long long low = i ? 1ULL << i : 0, high = (2ULL << i) - 1;

		printf("%10llu -> %-10llu : %-8u ", low, high, hist->slots[i]);
		print_bar(hist->slots[i], max);
	}
}

/* What was counted since the last call: the array itself, which is the kernel's own memory, only grows. */
static void read_hist(const volatile struct hist *hist, struct hist *since)
{
	static struct hist before;

	for (int i = 0; i < MAX_SLOTS; i++) {
		unsigned now = hist->slots[i];

		since->slots[i] = now - before.slots[i];
		before.slots[i] = now;
	}
}

static long parse_number(const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);

	if (end == text || *end || number <= 0 || number > 99999999) {
		fprintf(stderr, "runqlat: not a positive number: %s\n%s", text, usage);
		exit(1);
	}
	return number;
}

int main(int argc, char **argv)
{
	long interval = 99999999, count = -1;
	const struct hist *counted;
	struct runqlat_bpf *skel;
	struct hist hist;
	int err;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			fputs(usage, stdout);
			return 0;
		}
	}
	if (argc > 3) {
		fputs(usage, stderr);
		return 1;
	}
	if (argc > 1)
		interval = parse_number(argv[1]);
	if (argc > 2)
		count = parse_number(argv[2]);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);

	skel = runqlat_bpf__open_and_load();
	if (!skel) {
		fprintf(stderr, "runqlat: failed to load the BPF programs\n");
		return 1;
	}
	counted = mmap(NULL, sizeof(*counted), PROT_READ, MAP_SHARED, bpf_map__fd(skel->maps.hists), 0);
	if (counted == MAP_FAILED) {
		err = -errno;
		fprintf(stderr, "runqlat: failed to map the histogram: %s\n", strerror(errno));
		goto cleanup;
	}
	err = runqlat_bpf__attach(skel);
	if (err) {
		fprintf(stderr, "runqlat: failed to attach the BPF programs\n");
		goto cleanup;
	}
	puts("Tracing run queue latency... Hit Ctrl-C to end.");
	while (!exiting && count) {
		fflush(stdout);
		sleep(interval);
		read_hist(counted, &hist);
		putchar('\n');
		print_hist(&hist);
		if (count > 0)
			count--;
	}
cleanup:
	runqlat_bpf__destroy(skel);
	return err ? 1 : 0;
}
