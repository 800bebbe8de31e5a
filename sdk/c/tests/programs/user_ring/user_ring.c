/*
 * User ring buffer: ten thousand messages in order, some discarded, a ring
 * that is full, and waiting for room. With an argument: waits for ever.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <sys/syscall.h>

#include <bpf/libbpf.h>

#include "user_ring.h"
#include "user_ring.skel.h"

#define MESSAGES 10000

static unsigned int full;
static volatile sig_atomic_t signalled;

static void on_signal(int number)
{
	(void)number;
	signalled++;
}

static void fill_in(struct message *message, unsigned long long number)
{
	message->number = number;
	message->square = number * number;
	message->rest = ~number;
}

/* Has the program drain the ring where it is full. */
static struct message *reserve(struct user_ring_buffer *rb)
{
	struct message *message = user_ring_buffer__reserve(rb, sizeof(*message));

	if (!message && errno == ENOSPC) {
		full++;
		getppid();
		message = user_ring_buffer__reserve(rb, sizeof(*message));
	}
	return message;
}

static int send_all(struct user_ring_bpf *skel, struct user_ring_buffer *rb)
{
	unsigned long long number, kept = 0, sum = 0;
	struct message *message;

	for (number = 1; number <= MESSAGES; number++) {
		message = reserve(rb);
		if (!message)
			return 1;
		fill_in(message, number);
		if (number % 10 == 5) {
			user_ring_buffer__discard(rb, message);
			continue;
		}
		user_ring_buffer__submit(rb, message);
		kept++;
		sum += number;
	}
	getppid();
	printf("drained %llu of %llu, sum %d, last %llu, wrong %llu, full %u times\n",
	       skel->bss->messages, kept, skel->bss->sum == sum, skel->bss->last, skel->bss->wrong,
	       full);
	return 0;
}

/* Fills the ring to the last byte. */
static unsigned int fill(struct user_ring_buffer *rb)
{
	struct message *message;
	unsigned int count = 0;

	for (; (message = user_ring_buffer__reserve(rb, sizeof(*message))); count++) {
		fill_in(message, 2 * MESSAGES + count);
		user_ring_buffer__submit(rb, message);
	}
	return count;
}

static void wait_for_room(struct user_ring_bpf *skel, struct user_ring_buffer *rb)
{
	struct message *message;
	unsigned int count = fill(rb);

	printf("holds %u, then %d\n", count, errno == ENOSPC);
	message = user_ring_buffer__reserve_blocking(rb, sizeof(*message), 20);
	printf("in vain: %d %d\n", !message, errno == ENOSPC);
	skel->bss->always = 1;
	message = user_ring_buffer__reserve_blocking(rb, sizeof(*message), 10000);
	printf("drained: %d, all %d, wrong %llu\n", !!message, skel->bss->last == 2 * MESSAGES + count - 1,
	       skel->bss->wrong);
	user_ring_buffer__discard(rb, message);
	errno = 0;
	printf("time: %d %d\n", !user_ring_buffer__reserve_blocking(rb, 8, -2), errno == EINVAL);
	printf("size: %d %d\n", !user_ring_buffer__reserve(rb, 4096), errno == E2BIG);
	errno = 0;
	printf("flags: %d %d\n", !user_ring_buffer__reserve(rb, 1u << 31), errno == E2BIG);
}

int main(int argc, char **argv)
{
	struct user_ring_bpf *skel = user_ring_bpf__open();
	struct user_ring_buffer *rb;
	int error = 0;

	(void)argv;
	if (!skel)
		return 1;
	skel->rodata->target_pid = getpid();
	skel->rodata->syscall_number = __NR_getppid;
	if (user_ring_bpf__load(skel) || user_ring_bpf__attach(skel))
		return 1;
	rb = user_ring_buffer__new(bpf_map__fd(skel->maps.ring), NULL);
	if (!rb)
		return 1;
	if (argc > 1) {
		signal(SIGINT, on_signal);
		fill(rb);
		puts("waiting");
		fflush(stdout);
		error = !!user_ring_buffer__reserve_blocking(rb, sizeof(struct message), -1);
		printf("interrupted: %d %d\n", errno == EINTR, signalled);
	} else {
		error = send_all(skel, rb);
		wait_for_room(skel, rb);
		libbpf_set_print(NULL);
		errno = 0;
		printf("no ring: %d %d\n", !user_ring_buffer__new(bpf_map__fd(skel->maps.bss), NULL),
		       errno == EINVAL);
	}
	user_ring_buffer__free(rb);
	user_ring_bpf__destroy(skel);
	return error;
}
