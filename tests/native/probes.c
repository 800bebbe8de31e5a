/* Calls a function of its own and one of the C library's, and passes a USDT probe, five times. */
#define _SDT_HAS_SEMAPHORES 1
#include <gnu/libc-version.h>
#include <sys/sdt.h>

/* Counts the tracers: without one the probe is not even reached. */
unsigned short wb_step_semaphore __attribute__((section(".probes")));

__attribute__((noinline)) long plus_1000(long number)
{
	__asm__ volatile("" ::: "memory");
	return number + 1000;
}

int main(void)
{
	for (long i = 0; i < 5; i++) {
		plus_1000(i);
		gnu_get_libc_version();
		if (wb_step_semaphore)
			DTRACE_PROBE3(wb, step, i, i * -7, 42);
	}
	return 0;
}
