/* Exits with argv[1]; "abort" traps instead. */
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	(void)argc;
	if (!strcmp(argv[1], "abort"))
		abort();
	return atoi(argv[1]);
}
