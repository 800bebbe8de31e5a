/*
 * An event loop: epoll over ring and perf buffers, timers, counters and
 * signals, and everything that can be wrong with its calls. With an argument it
 * waits for SIGTERM in the end: as a `descriptor`, with a `handler`, or with neither.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <asm/unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "event_loop.skel.h"

static int loop;
static struct epoll_event ready[8];

static const char *result(long long value)
{
	static char text[2][64];
	static int next;
	char *to = text[next++ % 2];

	snprintf(to, sizeof(text[0]), value < 0 ? "%s" : "%s%lld", value < 0 ? strerror(errno) : "", value);
	return to;
}

static void watch(int fd, uint32_t events, uint64_t data)
{
	struct epoll_event event = { .events = events, .data.u64 = data };

	if (epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event))
		printf("cannot watch %llu: %s\n", (unsigned long long)data, strerror(errno));
}

static void look(const char *what, int timeout)
{
	int count = epoll_wait(loop, ready, 8, timeout);

	printf("%s: %s", what, result(count));
	for (int i = 0; i < count; i++)
		printf(" %x/%llu", ready[i].events, (unsigned long long)ready[i].data.u64);
	printf("\n");
}

static void counters(void)
{
	int count = eventfd(2, EFD_NONBLOCK), one_by_one = eventfd(2, EFD_SEMAPHORE | EFD_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.u64 = 0x123456789abcdefull };
	eventfd_t value = 0;
	char small[4];

	watch(count, EPOLLIN, 1);
	look("counter", 0);
	look("level-triggered", 0);
	printf("read %s", result(eventfd_read(count, &value)));
	printf(" %llu, then %s\n", (unsigned long long)value, result(read(count, &value, sizeof(value))));
	look("empty", 0);
	value = 5;
	printf("wrote %s and %s\n", result(write(count, &value, sizeof(value))), result(eventfd_write(count, 6)));
	printf("too small: %s, %s\n", result(write(count, small, 4)), result(read(count, small, 4)));
	printf("no number: %s; full: ", result(eventfd_write(count, UINT64_MAX)));
	printf("%s\n", result(eventfd_write(count, UINT64_MAX - 5)));
	printf("changed %s\n", result(epoll_ctl(loop, EPOLL_CTL_MOD, count, &event)));
	look("edge", 0);
	look("edge again", 0);
	event.events = EPOLLIN | EPOLLOUT | EPOLLONESHOT;
	event.data.fd = 7;
	epoll_ctl(loop, EPOLL_CTL_MOD, count, &event);
	printf("once: %d", epoll_wait(loop, ready, 8, -1));
	printf(" %x %d\n", ready[0].events, ready[0].data.fd);
	look("once again", 0);
	printf("one by one:");
	for (int i = 0; i < 2; i++)
		printf(" %s", result(eventfd_read(one_by_one, &value)));
	printf(" %llu\n", (unsigned long long)value);
	printf("removed %s", result(epoll_ctl(loop, EPOLL_CTL_DEL, count, NULL)));
	printf(", then %s\n", result(epoll_ctl(loop, EPOLL_CTL_DEL, count, NULL)));
	watch(count, EPOLLIN, 2);
	printf("closed %s %s\n", result(close(count)), result(close(one_by_one)));
	look("closed", 0);
	printf("flags: %s\n", result(eventfd(0, 4)));
}

static void mistakes(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	int other = epoll_create(1);

	printf("made: %s %s %d\n", result(epoll_create(0)), result(epoll_create1(1)), other > 0);
	printf("itself: %s\n", result(epoll_ctl(loop, EPOLL_CTL_ADD, loop, &event)));
	printf("nothing: %s, %s\n", result(epoll_ctl(loop, EPOLL_CTL_ADD, -1, &event)),
	       result(epoll_ctl(-1, EPOLL_CTL_ADD, other, &event)));
	printf("no event: %s, operation: %s\n", result(epoll_ctl(loop, EPOLL_CTL_ADD, other, NULL)),
	       result(epoll_ctl(loop, 9, other, &event)));
	printf("no room: %s, none: %s\n", result(epoll_wait(loop, ready, 0, 0)), result(epoll_wait(-1, ready, 8, 0)));
	watch(other, EPOLLIN, 3);
	printf("twice: %s\n", result(epoll_ctl(loop, EPOLL_CTL_ADD, other, &event)));
	printf("in a circle: %s\n", result(epoll_ctl(other, EPOLL_CTL_ADD, loop, &event)));
	close(other);
}

static void timers(void)
{
	struct itimerspec soon = { .it_value.tv_nsec = 1000000, .it_interval.tv_nsec = 2000000 }, now, never = {};
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), boot = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK);
	struct timespec monotonic, from_boot, fine;
	uint64_t count = 0;

	watch(timer, EPOLLIN, 4);
	look("no time", 0);
	printf("set %s\n", result(timerfd_settime(timer, 0, &soon, NULL)));
	look("timer", -1);
	printf("expired %s: ", result(read(timer, &count, sizeof(count))));
	printf("%d", count > 0);
	printf(", again %s: %d\n", result(read(timer, &count, sizeof(count))), count > 0);
	printf("left %s: ", result(timerfd_gettime(timer, &now)));
	printf("%lld %ld, %d\n", (long long)now.it_interval.tv_sec, now.it_interval.tv_nsec,
	       now.it_value.tv_nsec <= 2000000);
	printf("stopped %s: ", result(timerfd_settime(timer, 0, &never, &now)));
	printf("%ld\n", now.it_interval.tv_nsec);
	printf("nothing yet: %s\n", result(read(boot, &count, sizeof(count))));
	clock_gettime(CLOCK_BOOTTIME, &now.it_value);
	now.it_interval = never.it_interval;
	printf("a time that was: %s", result(timerfd_settime(boot, TFD_TIMER_ABSTIME, &now, NULL)));
	watch(boot, EPOLLIN, 5);
	printf(" %s\n", result(epoll_wait(loop, ready, 8, 1000)));
	soon.it_value.tv_nsec = 1000000000;
	printf("no time: %s, no flag: %s\n", result(timerfd_settime(boot, 0, &soon, NULL)),
	       result(timerfd_settime(boot, 8, &never, NULL)));
	printf("no timer: %s, no clock: %s\n", result(timerfd_settime(-1, 0, &never, NULL)),
	       result(timerfd_create(CLOCK_TAI, 0)));
	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	clock_gettime(CLOCK_BOOTTIME, &from_boot);
	printf("since boot: %d\n", from_boot.tv_sec >= monotonic.tv_sec);
	clock_getres(CLOCK_BOOTTIME, &fine);
	printf("resolution: %lld %ld\n", (long long)fine.tv_sec, fine.tv_nsec);
	clock_getres(CLOCK_MONOTONIC_COARSE, &fine);
	printf("coarse: %lld %ld\n", (long long)fine.tv_sec, fine.tv_nsec);
	close(timer);
	close(boot);
}

static int on_record(void *context, void *data, size_t size)
{
	printf("%s: %u, %zu bytes\n", (const char *)context, *(unsigned *)data, size);
	return 0;
}

static void on_sample(void *context, int cpu, void *data, __u32 size)
{
	(void)cpu;
	printf("%s: %u, %d bytes\n", (const char *)context, *(unsigned *)data, size >= 4);
}

static void rings(struct event_loop_bpf *skel)
{
	struct ring_buffer *rb = ring_buffer__new(bpf_map__fd(skel->maps.first), on_record, "first", NULL);
	int fd = ring_buffer__epoll_fd(rb);

	watch(fd, EPOLLIN, 10);
	printf("the same: %d\n", fd > 0 && ring_buffer__epoll_fd(rb) == fd);
	look("no record", 0);
	skel->bss->to_first = 1;
	getppid();
	skel->bss->to_first = 0;
	look("a record", -1);
	look("it stays", 0);
	printf("took %d\n", ring_buffer__consume(rb));
	look("taken", 0);
	printf("added %d\n", ring_buffer__add(rb, bpf_map__fd(skel->maps.second), on_record, "second"));
	skel->bss->to_second = 2;
	getppid();
	skel->bss->to_second = 0;
	look("in the second", -1);
	printf("polled %d\n", ring_buffer__poll(rb, 0));
	ring_buffer__free(rb);
	look("freed", 0);
}

static void perf(struct event_loop_bpf *skel)
{
	struct perf_buffer *pb = perf_buffer__new(bpf_map__fd(skel->maps.samples), 4, on_sample, NULL, "sample", NULL);
	size_t count = perf_buffer__buffer_cnt(pb);
	int found = 0, one = epoll_create1(0);
	struct epoll_event event = { .events = EPOLLIN };

	for (size_t i = 0; i < count; i++) {
		event.data.u32 = (uint32_t)i;
		if (epoll_ctl(one, EPOLL_CTL_ADD, perf_buffer__buffer_fd(pb, i), &event))
			printf("buffer %zu: %s\n", i, strerror(errno));
	}
	printf("past the last: %d\n", perf_buffer__buffer_fd(pb, count));
	printf("in no buffer: %d\n", epoll_wait(one, ready, 8, 0));
	skel->bss->to_perf = 3;
	getppid();
	skel->bss->to_perf = 0;
	found = epoll_wait(one, ready, 8, -1);
	printf("in one buffer: %d\n", found);
	if (found == 1)
		printf("took %d\n", perf_buffer__consume_buffer(pb, ready[0].data.u32));
	printf("taken: %d\n", epoll_wait(one, ready, 8, 0));
	close(one);
	watch(perf_buffer__epoll_fd(pb), EPOLLIN, 20);
	look("no sample", 0);
	skel->bss->to_perf = 4;
	getppid();
	skel->bss->to_perf = 0;
	look("a sample", -1);
	printf("took %d\n", perf_buffer__consume(pb));
	look("taken", 0);
	perf_buffer__free(pb);
	look("freed", 0);
}

static volatile sig_atomic_t handled;

static void on_signal(int number)
{
	handled = number;
}

static void signals(void)
{
	sigset_t mask, none;
	int fd, extra;
	struct signalfd_siginfo info[3];

	signal(SIGUSR1, on_signal);
	sigemptyset(&none);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	fd = signalfd(-1, &mask, SFD_NONBLOCK);
	sigaddset(&mask, SIGUSR2);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	watch(fd, EPOLLIN, 30);
	look("no signal", 0);
	printf("none: %s\n", result(read(fd, info, sizeof(info))));
	raise(SIGUSR2);
	look("another's", 0);
	raise(SIGUSR1);
	look("a signal", -1);
	printf("read %s", result(read(fd, info, sizeof(info))));
	printf(" %u, then %s\n", info[0].ssi_signo, result(read(fd, info, sizeof(info))));
	look("taken", 0);
	printf("more %d", signalfd(fd, &mask, 0) == fd);
	raise(SIGUSR1);
	printf(" %s", result(read(fd, info, sizeof(info))));
	printf(" %u %u\n", info[0].ssi_signo, info[1].ssi_signo);
	printf("too small: %s, no descriptor: %s\n", result(read(fd, info, 16)), result(signalfd(loop, &mask, 0)));
	raise(SIGUSR1);
	printf("handled %d", handled);
	extra = epoll_pwait(loop, ready, 8, -1, &none);
	printf(", ready first: %s", result(extra));
	printf(" %d\n", handled);
	close(fd);
	extra = epoll_pwait(loop, ready, 8, -1, &none);
	printf("others blocked: %s", result(extra));
	printf(" %d\n", handled == SIGUSR1);
	handled = 0;
	raise(SIGUSR2);
	printf("waited %d", sigwait(&mask, &extra));
	printf(" for %d\n", extra);
	raise(SIGUSR1);
	printf("suspended %s", result(sigsuspend(&none)));
	printf(" %d\n", handled == SIGUSR1);
}

static void wait_for_term(const char *way)
{
	struct signalfd_siginfo info;
	sigset_t mask, during;
	int fd = -1, got;

	sigemptyset(&during);
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	/* A handler must not run before the wait begins. */
	if (strcmp(way, "nobody"))
		sigprocmask(SIG_BLOCK, &mask, NULL);
	if (!strcmp(way, "handler")) {
		signal(SIGTERM, on_signal);
	} else if (!strcmp(way, "descriptor")) {
		during = mask;
		fd = signalfd(-1, &mask, SFD_CLOEXEC);
		watch(fd, EPOLLIN, 40);
	}
	printf("waiting\n");
	fflush(stdout);
	got = epoll_pwait(loop, ready, 8, 60000, &during);
	printf("woken: %s %d\n", result(got), handled == SIGTERM);
	if (got == 1) {
		printf("read %s", result(read(fd, &info, sizeof(info))));
		printf(" %u\n", info.ssi_signo);
	}
}

int main(int argc, char **argv)
{
	struct event_loop_bpf *skel = event_loop_bpf__open();

	if (!skel)
		return 1;
	skel->rodata->target_pid = getpid();
	skel->rodata->syscall_number = __NR_getppid;
	if (event_loop_bpf__load(skel) || event_loop_bpf__attach(skel))
		return 1;
	loop = epoll_create1(EPOLL_CLOEXEC);
	counters();
	mistakes();
	timers();
	rings(skel);
	perf(skel);
	signals();
	if (argc > 1)
		wait_for_term(argv[1]);
	close(loop);
	event_loop_bpf__destroy(skel);
	return 0;
}
