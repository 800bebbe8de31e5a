/* A signal's handler that is the only function whose address is taken. */
#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t count;

static void on_signal(int number)
{
	count += number;
}

int main(void)
{
	int ignored;

	signal(SIGINT, on_signal);
	raise(SIGINT);
	ignored = signal(SIGINT, SIG_IGN) == on_signal;
	raise(SIGINT);
	return signal(SIGINT, SIG_DFL) == SIG_IGN && ignored && count == SIGINT ? 0 : 1;
}
