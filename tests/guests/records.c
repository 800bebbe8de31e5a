// records ring|perf THREAD COUNT [slow]: polls until COUNT records were attempted and none is left, and says after each
// poll how far it is. slow: the first callback does not return before half of them were attempted.
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "object.h"
#include "v0.h"

struct record {
	uint64_t attempt;
	uint64_t sequence;
};

struct counters {
	uint64_t thread;
	uint64_t attempts;
	uint64_t sent;
	uint64_t failed;
};

static int counters_fd;
static uint64_t count, delivered, expected_attempt, gaps;
static unsigned disordered, misread;
static bool slow;

static struct counters read_counters(void)
{
	struct counters c = { 0 };
	uint32_t zero = 0;
	int err = wasm_bpf_map_operate(counters_fd, LOOKUP, &zero, &c, NULL, 0);

	if (err) {
		printf("lookup failed: %d\n", err);
		exit(1);
	}
	return c;
}

static int on_record(void *ctx, void *data, int size)
{
	struct record r;

	if (ctx != &delivered || size < (int)sizeof(r))
		misread++;
	memcpy(&r, data, sizeof(r));
	if (r.sequence != delivered || r.attempt < expected_attempt)
		disordered++;
	gaps += r.attempt - expected_attempt;
	expected_attempt = r.attempt + 1;
	delivered++;
	while (slow && read_counters().attempts < count / 2)
		;
	return 0;
}

int main(int argc, char **argv)
{
	bool perf = !strcmp(argv[1], "perf");
	uint64_t object_handle = wasm_load_bpf_object(object, sizeof(object));
	struct counters c = { .thread = strtoul(argv[2], NULL, 10) };
	uint32_t zero = 0;
	char buffer[64];
	int fd, n;

	count = strtoul(argv[3], NULL, 10);
	slow = argc > 4;
	counters_fd = wasm_bpf_map_fd_by_name(object_handle, "counters");
	fd = wasm_bpf_map_fd_by_name(object_handle, perf ? "perf" : "ring");
	if (wasm_bpf_map_operate(counters_fd, UPDATE, &zero, &c, NULL, 0))
		return 1;
	/* The first poll opens the buffers: what comes before it has nowhere to go. */
	if (POLL(object_handle, fd, on_record, &delivered, buffer, sizeof(buffer), 0))
		return 1;
	if (wasm_attach_bpf_program(object_handle, perf ? "to_perf" : "to_ring", NULL))
		return 1;
	puts("ready");
	fflush(stdout);
	do {
		uint64_t before = delivered;

		c = read_counters();
		n = POLL(object_handle, fd, on_record, &delivered, buffer, sizeof(buffer), 100);
		if (n < 0 || (uint64_t)n != delivered - before) {
			printf("poll returned %d after %llu records\n", n, delivered - before);
			return 1;
		}
		printf("attempts %llu returned %d delivered %llu\n", c.attempts, n, delivered);
		fflush(stdout);
	} while (c.attempts < count || n);
	c = read_counters();
	printf("end: attempts %llu sent %llu failed %llu delivered %llu gaps %llu disordered %u misread %u\n", c.attempts,
	       c.sent, c.failed, delivered, gaps, disordered, misread);
	return 0;
}
