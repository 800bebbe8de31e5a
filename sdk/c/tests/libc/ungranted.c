/* Opens files in directories that were not given. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int i, fd;

	for (i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "r");

		fd = open(argv[i], O_RDONLY | (i % 2 ? O_CREAT : 0), 0600);
		printf("%s: %d %d %d\n", argv[i], file != NULL, fd >= 0, file || errno == ENOTCAPABLE);
		if (file)
			fclose(file);
		if (fd >= 0)
			close(fd);
	}
	return 0;
}
