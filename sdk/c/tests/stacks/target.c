/* Sleeps again and again, in functions whose frames a kernel can walk. */
#include <time.h>

__attribute__((noinline)) int leaf(void)
{
	struct timespec time = {0, 2000000};

	return nanosleep(&time, NULL);
}

__attribute__((noinline)) int middle(void)
{
	return leaf() + 1;
}

int main(void)
{
	for (;;)
		middle();
}
