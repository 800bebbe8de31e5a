/* Flags of open() have Linux's numbers and do what they do on Linux. The argument is a folder. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[PATH_MAX];

static const char *in(const char *folder, const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void show(const char *what, int result)
{
	printf("%s: %s\n", what, result < 0 ? strerror(errno) : "done");
	if (result > 2)
		close(result);
}

int main(int argc, char **argv)
{
	const char *folder = argc > 1 ? argv[1] : ".";
	struct stat about;
	char text[16] = "";
	int fd, flags;

	printf("%o %o %o %o %o\n", O_RDONLY, O_WRONLY, O_RDWR, O_ACCMODE, O_CREAT);
	printf("%o %o %o %o %o\n", O_EXCL, O_NOCTTY, O_TRUNC, O_APPEND, O_NONBLOCK);
	printf("%o %o %o %o %o\n", O_DSYNC, O_DIRECT, O_DIRECTORY, O_NOFOLLOW, O_NOATIME);
	printf("%o %o %o %o %o %d\n", O_CLOEXEC, O_SYNC, O_RSYNC, O_PATH, O_TMPFILE, AT_FDCWD);

	unlink(in(folder, "flags"));
	show("missing", open(path, O_RDONLY));
	show("create", open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
	show("again", open(path, O_WRONLY | O_CREAT | O_EXCL, 0600));
	fd = open(path, O_RDWR | O_APPEND);
	flags = fcntl(fd, F_GETFL);
	printf("flags: %o\n", flags & (O_ACCMODE | O_APPEND | O_NONBLOCK));
	printf("write: %d %d\n", (int)write(fd, "one", 3), (int)lseek(fd, 0, SEEK_SET));
	printf("write: %d", (int)write(fd, "two", 3));
	lseek(fd, 0, SEEK_SET);
	printf(" %d %s\n", (int)read(fd, text, sizeof(text) - 1), text);
	printf("set: %d", fcntl(fd, F_SETFL, O_NONBLOCK));
	printf(" %o\n", fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK));
	close(fd);
	fd = open(path, O_RDONLY);
	printf("read only: %d\n", (int)write(fd, "x", 1));
	close(fd);
	show("no folder", open(path, O_RDONLY | O_DIRECTORY));
	show("at", openat(AT_FDCWD, path, O_WRONLY | O_TRUNC));
	printf("stat: %d %d\n", fstatat(AT_FDCWD, path, &about, 0), (int)about.st_size);
	fd = open(folder, O_PATH | O_DIRECTORY);
	printf("below: %d %d\n", faccessat(fd, "flags", F_OK, 0), faccessat(fd, "none", F_OK, 0));
	show("openat", openat(fd, "flags", O_RDONLY));
	close(fd);
	show("mkdirat", mkdirat(AT_FDCWD, in(folder, "sub"), 0700));
	show("unlinkat", unlinkat(AT_FDCWD, path, AT_REMOVEDIR));
	symlink("flags", in(folder, "link"));
	show("link", open(path, O_RDONLY | O_NOFOLLOW));
	show("followed", open(path, O_RDONLY));
	unlink(path);
	unlink(in(folder, "flags"));
	return 0;
}
