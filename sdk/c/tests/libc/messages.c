/* Messages of <err.h>, with and without an error's text; the last one ends the program. */
#include <err.h>
#include <errno.h>
#include <string.h>

int main(int argc, char **argv)
{
	errno = ENOENT;
	warn("%s %d", "first", 1);
	warn(NULL);
	warnx("second %x", 255);
	warnx(NULL);
	errno = EACCES;
	if (argc > 1 && !strcmp(argv[1], "errx"))
		errx(4, "last");
	err(3, "last");
}
