/* Sleeps for argv[1] nanoseconds in all the ways there are; argv[2] = "long" if it expects to be woken early. */
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static long long now(clockid_t clock)
{
	struct timespec at;
	CHECK(!clock_gettime(clock, &at));
	return at.tv_sec * 1000000000LL + at.tv_nsec;
}

int main(int argc, char **argv)
{
	long long asked = atoll(argv[1]);
	struct timespec time = { asked / 1000000000, asked % 1000000000 };
	long long start = now(CLOCK_MONOTONIC);
	CHECK(!nanosleep(&time, NULL));
	long long slept = now(CLOCK_MONOTONIC) - start;
	if (argc > 2) {
		CHECK(slept < asked);
		return 0;
	}
	CHECK(slept >= asked);

	start = now(CLOCK_MONOTONIC);
	CHECK(!usleep(asked / 1000) && now(CLOCK_MONOTONIC) - start >= asked / 1000 * 1000);
	start = now(CLOCK_MONOTONIC) + asked;
	time = (struct timespec){ start / 1000000000, start % 1000000000 };
	CHECK(!clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) && now(CLOCK_MONOTONIC) >= start);
	start = now(CLOCK_REALTIME) + asked;
	time = (struct timespec){ start / 1000000000, start % 1000000000 };
	CHECK(!clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &time, NULL) && now(CLOCK_REALTIME) >= start);
	CHECK(!clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &(struct timespec){ 1, 0 }, NULL));
	return 0;
}
