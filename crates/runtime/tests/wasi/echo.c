/* Prints every argument and every variable, each on its line, then exits with the number of arguments. */
#include <stdio.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		printf("%s\n", argv[i]);
	for (char **variable = environ; *variable; variable++)
		printf("%s\n", *variable);
	return argc;
}
