/* Paths with links of every kind: resolved, and opened. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *name(int error)
{
	return error == ENOENT ? "ENOENT" : error == ENOTDIR ? "ENOTDIR" : error == ELOOP ? "ELOOP" : "another";
}

/* What is at a path of each of the arguments: where it leads, and whether it opens in each way. */
static void look(const char *path)
{
	char buffer[PATH_MAX], *allocated = realpath(path, NULL);
	const char *error = allocated ? "" : name(errno);
	FILE *file = fopen(path, "r");
	int fd = open(path, O_RDONLY), byte = file ? fgetc(file) : 0;
	struct stat found = {0};
	int stated = stat(path, &found);

	printf("%s: %s%s %d", path, allocated ? allocated : "", error,
	       !allocated == !realpath(path, buffer) && (!allocated || !strcmp(buffer, allocated)));
	printf(" %d %d %d %d", fd >= 0, !!file, byte, access(path, F_OK));
	printf(" %d %d\n", stated, stated ? 0 : S_ISREG(found.st_mode) ? (int)found.st_size : -1);
	free(allocated);
	if (file)
		fclose(file);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	char exe[40], path[PATH_MAX];
	long length;
	int i;

	for (i = 1; i < argc; i++)
		look(argv[i]);
	/* A process's program, as uprobes ask for it: of this one's parent, which is the same for both. */
	snprintf(exe, sizeof(exe), "/proc/%d/exe", getppid());
	length = readlink(exe, path, sizeof(path) - 1);
	path[length > 0 ? length : 0] = '\0';
	printf("%s\n", path);
	look("");
	printf("%d\n", !realpath(NULL, path) && errno == EINVAL);
	printf("%d %d\n", faccessat(AT_FDCWD, "/proc/self", F_OK, AT_EACCESS), faccessat(AT_FDCWD, "/proc/none", F_OK, 0));
	return 0;
}
