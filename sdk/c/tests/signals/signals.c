/* Waits in the manner that the argument names until SIGINT comes, and tells how the wait ended. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t handled;
static volatile sig_atomic_t with_info;

static void on_signal(int number)
{
	handled = number;
}

static void on_info(int number, siginfo_t *info, void *context)
{
	(void)context;
	with_info = number == info->si_signo;
}

/* What needs no signal from outside: raise(), masks, SA_SIGINFO, SA_RESETHAND, SIG_IGN. */
static void by_itself(void)
{
	struct sigaction action = { .sa_sigaction = on_info, .sa_flags = SA_SIGINFO | SA_RESETHAND };
	sigset_t mask, before;

	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigprocmask(SIG_BLOCK, &mask, &before);
	signal(SIGUSR1, on_signal);
	raise(SIGUSR1);
	printf("blocked: %d\n", handled == 0);
	sigpending(&mask);
	printf("pending: %d\n", sigismember(&mask, SIGUSR1));
	sigprocmask(SIG_SETMASK, &before, NULL);
	printf("unblocked: %d\n", handled == SIGUSR1);
	handled = 0;
	printf("before: %d\n", signal(SIGUSR1, SIG_IGN) == on_signal);
	raise(SIGUSR1);
	printf("ignored: %d\n", handled == 0);
	sigaction(SIGUSR2, &action, NULL);
	kill(getpid(), SIGUSR2);
	sigaction(SIGUSR2, NULL, &action);
	printf("once: %d %d\n", with_info, action.sa_handler == SIG_DFL);
	printf("no such signal: %d\n", signal(SIGKILL, on_signal) == SIG_ERR && errno == EINVAL);
}

int main(int argc, char **argv)
{
	struct timespec request = { .tv_sec = 1000 }, left = { 0, 0 };
	const char *way = argc > 1 ? argv[1] : "";
	unsigned seconds;

	setvbuf(stdout, NULL, _IONBF, 0);
	by_itself();
	signal(SIGINT, on_signal);
	puts("waiting");
	if (!strcmp(way, "sleep")) {
		seconds = sleep(1000);
		printf("left: %d\n", seconds > 0 && seconds <= 1000);
	} else if (!strcmp(way, "nanosleep")) {
		printf("interrupted: %d\n", nanosleep(&request, &left) == -1 && errno == EINTR);
		printf("left: %d\n", left.tv_sec > 0 && left.tv_sec <= 1000);
	} else if (!strcmp(way, "usleep")) {
		printf("interrupted: %d\n", usleep(1000000000) == -1 && errno == EINTR);
	} else if (!strcmp(way, "pause")) {
		printf("interrupted: %d\n", pause() == -1 && errno == EINTR);
	} else {
		raise(SIGTERM);
	}
	printf("handled: %d\n", handled);
	return 3;
}
