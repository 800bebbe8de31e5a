/* /ro has `file` and `dir`, and was granted for reading only; /rw is for both. */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

int main(void)
{
	char text[8];
	struct stat st;
	FAILS(open("/ro/file", O_WRONLY), EROFS);
	FAILS(open("/ro/file", O_RDWR), EROFS);
	FAILS(open("/ro/file", O_RDONLY | O_TRUNC), EROFS);
	FAILS(open("/ro/new", O_RDONLY | O_CREAT, 0644), EROFS);
	FAILS(open("/ro/dir/new", O_WRONLY | O_CREAT, 0644), EROFS);
	FAILS(mkdir("/ro/new", 0755), EROFS);
	FAILS(rmdir("/ro/dir"), EROFS);
	FAILS(unlink("/ro/file"), EROFS);
	FAILS(symlink("file", "/ro/link"), EROFS);
	FAILS(rename("/ro/file", "/ro/other"), EROFS);
	FAILS(rename("/ro/file", "/rw/file"), EROFS);
	FAILS(rename("/rw/mine", "/ro/mine"), EROFS);
	/* A link to it in the writable directory would lift the restriction. */
	FAILS(link("/ro/file", "/rw/file"), EROFS);
	FAILS(utimensat(AT_FDCWD, "/ro/file", NULL, 0), EROFS);

	int fd = open("/ro/file", O_RDONLY);
	CHECK(fd >= 0 && read(fd, text, 8) == 4 && !memcmp(text, "text", 4));
	FAILS(futimens(fd, NULL), EROFS);
	FAILS(ftruncate(fd, 0), EROFS);
	FAILS(write(fd, "x", 1), EBADF);
	CHECK(!close(fd));
	CHECK((fd = open("/ro/file", O_RDONLY | O_CREAT, 0644)) >= 0 && !close(fd));

	/* The restriction holds through directories opened below. */
	CHECK((fd = open("/ro/dir", O_RDONLY | O_DIRECTORY)) >= 0);
	FAILS(openat(fd, "new", O_WRONLY | O_CREAT, 0644), EROFS);
	CHECK(!fstatat(fd, ".", &st, 0) && S_ISDIR(st.st_mode) && !close(fd));
	CHECK((fd = open("/rw/mine", O_RDWR)) >= 0 && write(fd, "x", 1) == 1 && !close(fd));
	return 0;
}
