/* Keeps a processor busy in a function of its own, until it is killed. */
__attribute__((noinline)) static unsigned int turn_in_circles(volatile unsigned int *turns)
{
	while (*turns < ~0u)
		*turns = (*turns + 1) & 0xffff;
	return *turns;
}

__attribute__((noinline)) static unsigned int waste_time(void)
{
	volatile unsigned int turns = 0;

	return turn_in_circles(&turns) + 1;
}

int main(void)
{
	return waste_time() ? 1 : 0;
}
