/* getopt() in its forms: FORM SHORTS, then a command line. Each option, and the arguments as they are left. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int flagged;

static const struct option options[] = {
	{"debug", no_argument, NULL, 'd'},
	{"delay", required_argument, NULL, 'e'},
	{"delete", no_argument, NULL, 'x'},
	{"pid", required_argument, NULL, 'p'},
	{"pages", optional_argument, NULL, 'P'},
	{"same", no_argument, NULL, 's'},
	{"samesame", no_argument, NULL, 's'},
	{"flag", no_argument, &flagged, 7},
	{NULL, 0, NULL, 0},
};

int main(int argc, char **argv)
{
	int (*parse)(int, char *const *, const char *, const struct option *, int *) = getopt_long;
	int option, index = -1, plain, i;
	const char *shorts;

	if (argc < 3)
		return 1;
	plain = !strcmp(argv[1], "short");
	if (!strcmp(argv[1], "only"))
		parse = getopt_long_only;
	if (!strcmp(argv[1], "silent"))
		opterr = 0;
	shorts = argv[2];
	argv[2] = argv[0];
	argc -= 2;
	argv += 2;
	while ((option = plain ? getopt(argc, argv, shorts) : parse(argc, argv, shorts, options, &index)) != -1) {
		printf("%d %s %d %d %d", option, optarg ? optarg : "-", optind, index, flagged);
		if (option == '?' || option == ':')
			printf(" %d", optopt);
		puts("");
		fflush(stdout);
	}
	printf("left at %d:", optind);
	for (i = 1; i < argc; i++)
		printf(" %s", argv[i]);
	/* Once more from the start. */
	optind = 0;
	opterr = 0;
	option = plain ? getopt(argc, argv, shorts) : parse(argc, argv, shorts, options, NULL);
	printf("\nagain: %d %d\n", option, optind);
	return 0;
}
