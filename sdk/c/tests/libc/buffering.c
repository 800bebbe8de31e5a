/* Texts to both outputs, for whoever looks at their order in one file. */
#include <stdio.h>

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		setvbuf(stdout, NULL, _IOLBF, 0);
	printf("heading\n");
	fprintf(stderr, "first message\n");
	printf("%d\n", 1);
	fprintf(stderr, "second message\n");
	fflush(stdout);
	printf("%d\n", 2);
	fprintf(stderr, "third message\n");
	return 0;
}
