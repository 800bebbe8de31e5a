// polling MODE THREAD: the corners of polling, each as a mode. Prints what the imports returned.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "object.h"
#include "v0.h"

struct progress {
	uint64_t thread;
	uint64_t count;
};

static uint64_t handle;
static int state_fd, first_fd, second_fd;
static char buffer[64];

static uint64_t load(const char *thread)
{
	struct progress s = { .thread = strtoul(thread, NULL, 10) };
	uint64_t loaded = wasm_load_bpf_object(object, sizeof(object));
	uint32_t zero = 0;

	state_fd = wasm_bpf_map_fd_by_name(loaded, "state");
	first_fd = wasm_bpf_map_fd_by_name(loaded, "first");
	second_fd = wasm_bpf_map_fd_by_name(loaded, "second");
	if (wasm_bpf_map_operate(state_fd, UPDATE, &zero, &s, NULL, 0) ||
	    wasm_attach_bpf_program(loaded, "number", NULL)) {
		puts("failed to start");
		exit(1);
	}
	return loaded;
}

static void say(const char *line)
{
	puts(line);
	fflush(stdout);
}

/* Says how far it is, and waits until the thread has made `count` calls. */
static void say_and_wait(const char *line, uint64_t count)
{
	struct progress s = { 0 };
	uint32_t zero = 0;

	say(line);
	while (s.count < count) {
		usleep(1000);
		if (wasm_bpf_map_operate(state_fd, LOOKUP, &zero, &s, NULL, 0))
			exit(1);
	}
}

static void wait_for(uint64_t count)
{
	say_and_wait("ready", count);
}

static unsigned long long value_of(void *data)
{
	unsigned long long value;

	memcpy(&value, data, sizeof(value));
	return value;
}

static int print(void *ctx, void *data, int size)
{
	printf("%s %llu size %d\n", (char *)ctx, value_of(data), size);
	return 0;
}

static void poll_and_print(int fd, const char *name)
{
	int n = POLL(handle, fd, print, (void *)name, buffer, sizeof(buffer), 0);

	printf("%s returned %d\n", name, n);
}

static void two_rings(void)
{
	wait_for(2);
	poll_and_print(first_fd, "first");
	poll_and_print(second_fd, "second");
}

static int refuse_number_1(void *ctx, void *data, int size)
{
	print(ctx, data, size);
	return value_of(data) == 1 ? -7 : 0;
}

static void negative(void)
{
	wait_for(4);
	printf("returned %d\n", POLL(handle, first_fd, refuse_number_1, "refusing", buffer, sizeof(buffer), 0));
	poll_and_print(first_fd, "rest");
}

__attribute__((noinline)) static int fall(void *ctx, void *data, int size)
{
	__builtin_trap();
}

static void trap(void)
{
	wait_for(1);
	POLL(handle, first_fd, fall, NULL, buffer, sizeof(buffer), 0);
}

static int close_object(void *ctx, void *data, int size)
{
	print(ctx, data, size);
	printf("close returned %d\n", wasm_close_bpf_object(handle));
	return 0;
}

static void close_inside(void)
{
	wait_for(1);
	printf("returned %d\n", POLL(handle, first_fd, close_object, "closing", buffer, sizeof(buffer), 0));
	poll_and_print(first_fd, "closed");
}

static int poll_again(void *ctx, void *data, int size)
{
	static char inner[64];

	print(ctx, data, size);
	printf("inner returned %d\n", POLL(handle, first_fd, print, "inner", inner, sizeof(inner), 0));
	return 0;
}

static void poll_inside(void)
{
	wait_for(3);
	printf("outer returned %d\n", POLL(handle, first_fd, poll_again, "outer", buffer, sizeof(buffer), 0));
}

static int print_start(void *ctx, void *data, int size)
{
	printf("size %d, then %s\n", size, ((char *)data)[size] == '#' ? "untouched" : "overwritten");
	return 0;
}

static void short_buffer(void)
{
	wait_for(1);
	memset(buffer, '#', sizeof(buffer));
	printf("returned %d\n", POLL(handle, first_fd, print_start, NULL, buffer, 4, 0));
	memset(buffer, '#', sizeof(buffer));
	printf("returned %d\n", POLL(handle, second_fd, print_start, NULL, buffer, 0, 0));
}

static void timeouts(void)
{
	static const int asked[] = { 0, 1, 300 };

	for (unsigned i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
		struct timespec from, to;
		int n;

		clock_gettime(CLOCK_MONOTONIC, &from);
		n = POLL(handle, first_fd, print, "", buffer, sizeof(buffer), asked[i]);
		clock_gettime(CLOCK_MONOTONIC, &to);
		printf("asked %d took %lld returned %d\n", asked[i],
		       ((long long)(to.tv_sec - from.tv_sec) * 1000000000 + to.tv_nsec - from.tv_nsec) / 1000000, n);
	}
}

static void faults(void)
{
	int wrong_type = (int)(uintptr_t)timeouts, own = (int)(uintptr_t)(callback_t)print;
	char *end = (char *)(__builtin_wasm_memory_size(0) << 16);

	wait_for(1);
#define TRY(what, fd, callback, data, size) \
	printf("%s %d\n", what, wasm_bpf_buffer_poll(handle, fd, callback, "", data, size, 0))
	TRY("no such function:", first_fd, 1 << 20, buffer, 64);
	TRY("null function:", first_fd, 0, buffer, 64);
	TRY("function of another type:", first_fd, wrong_type, buffer, 64);
	TRY("buffer past the end:", first_fd, own, end - 8, 64);
	TRY("negative size:", first_fd, own, buffer, -1);
	TRY("descriptor -1:", -1, own, buffer, 64);
	TRY("descriptor of a file:", 1, own, buffer, 64);
	TRY("no ring:", state_fd, own, buffer, 64);
	poll_and_print(first_fd, "still there:");
}

/* Two objects at a time; closing the first one detaches its program and leaves the second one alone. */
static void close_detaches(const char *thread)
{
	uint64_t other = load(thread);
	int n;

	say("both attached");
	do
		n = POLL(other, first_fd, print, "second", buffer, sizeof(buffer), -1);
	while (n == 0);
	printf("close returned %d\n", wasm_close_bpf_object(handle));
	printf("again %d\n", wasm_close_bpf_object(handle));
	say("first closed");
	do
		n = POLL(other, first_fd, print, "second", buffer, sizeof(buffer), -1);
	while (n == 0);
}

/* Loads, attaches, polls and closes many times over; stays in the first and in the last round until a record came. */
static void many_rounds(const char *thread)
{
	for (int round = 1; round <= 50; round++) {
		uint64_t loaded = load(thread);
		int n = POLL(loaded, first_fd, print, "record", buffer, sizeof(buffer), 0) |
			POLL(loaded, first_fd, print, "record", buffer, sizeof(buffer), 0);

		if (round == 1)
			say_and_wait("first round", 1);
		if (round == 50)
			say_and_wait("last round", 1);
		if (n < 0 || wasm_close_bpf_object(loaded))
			exit(1);
	}
}

int main(int argc, char **argv)
{
	const char *mode = argv[1];

	handle = load(argv[2]);
	if (!strcmp(mode, "two-rings"))
		two_rings();
	else if (!strcmp(mode, "negative"))
		negative();
	else if (!strcmp(mode, "trap"))
		trap();
	else if (!strcmp(mode, "close-inside"))
		close_inside();
	else if (!strcmp(mode, "poll-inside"))
		poll_inside();
	else if (!strcmp(mode, "short"))
		short_buffer();
	else if (!strcmp(mode, "timeouts"))
		timeouts();
	else if (!strcmp(mode, "faults"))
		faults();
	else if (!strcmp(mode, "close-detaches"))
		close_detaches(argv[2]);
	else if (!strcmp(mode, "many-rounds"))
		many_rounds(argv[2]);
	else
		return 2;
	return 0;
}
