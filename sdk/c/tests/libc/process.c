/* What a program asks about itself, and what it cannot start. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	int cpu = sched_getcpu();

	printf("%d %d %d %d\n", (int)getuid(), (int)geteuid(), (int)getgid(), (int)getegid());
	printf("%d\n", cpu >= 0 && cpu < sysconf(_SC_NPROCESSORS_CONF));
	printf("%d %d\n", kill(getpid(), 0), kill(getppid(), 0));
	printf("%d %d\n", kill(2147483646, 0), errno == ESRCH);
#ifdef __wasm__
	{
		char *const arguments[] = {(char *)"true", NULL};
		int results[] = {fork(), execv("/bin/true", arguments), execvp("true", arguments),
				 execle("/bin/true", "true", NULL, arguments), execlp("true", "true", NULL)};

		for (size_t i = 0; i < sizeof(results) / sizeof(*results); i++)
			printf("%d", results[i]);
		printf(" %d\n", errno == ENOSYS);
		printf("%d %d\n", waitpid(-1, NULL, 0), errno == ECHILD);
		/* Natively this would close it. */
		printf("%d %d\n", pclose(stdout), errno == ECHILD);
	}
#endif
	return 0;
}
