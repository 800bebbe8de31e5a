/* Temporary files and folders below the folder that the argument is. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void file(const char *folder, const char *tail, int suffix)
{
	char path[4096], back[4] = "";
	int fd, again;

	snprintf(path, sizeof(path), "%s/%s", folder, tail);
	fd = suffix ? mkstemps(path, suffix) : mkstemp(path);
	printf("%s: %d", tail, fd >= 0);
	if (fd < 0) {
		printf(" %d\n", errno == EINVAL);
		return;
	}
	again = open(path, O_RDONLY);
	printf(" %d %d", (int)write(fd, "abc", 3), (int)read(again, back, 3));
	printf(" %s, changed %d, suffix %s\n", back, !strstr(path, "XXXXXX"), path + strlen(path) - suffix);
	close(again);
	close(fd);
	printf("removed %d\n", unlink(path));
}

int main(int argc, char **argv)
{
	char path[4096];
	int fd;

	if (argc < 2)
		return 1;
	file(argv[1], "one.XXXXXX", 0);
	file(argv[1], "two.XXXXXX.log", 4);
	file(argv[1], "three.XXX", 0);
	file(argv[1], "four.XXXXXX.", 0);
	snprintf(path, sizeof(path), "%s/five.XXXXXX", argv[1]);
	fd = mkostemp(path, O_CLOEXEC);
	printf("five: %d, removed %d\n", fd >= 0 && !close(fd), unlink(path));
	snprintf(path, sizeof(path), "%s/six.XXXXXX", argv[1]);
	printf("six: %d", mkdtemp(path) == path);
	printf(", removed %d\n", rmdir(path));
	snprintf(path, sizeof(path), "%s/no/such/seven.XXXXXX", argv[1]);
	printf("seven: %d %d\n", mkstemp(path) == -1, errno == ENOENT);
	return 0;
}
