/* Files, links and directories below /data, as on Linux. */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "check.h"

static void positions(void)
{
	char text[16] = "";
	struct stat st;
	int fd = open("/data/a", O_RDWR | O_CREAT | O_EXCL, 0644);
	CHECK(fd >= 0);
	FAILS(open("/data/a", O_RDWR | O_CREAT | O_EXCL, 0644), EEXIST);
	struct iovec parts[] = { { "hel", 3 }, { "", 0 }, { "lo world", 8 } };
	CHECK(writev(fd, parts, 3) == 11);
	CHECK(lseek(fd, 0, SEEK_CUR) == 11);
	CHECK(lseek(fd, -5, SEEK_END) == 6);
	CHECK(read(fd, text, sizeof text) == 5 && !strcmp(text, "world"));
	CHECK(read(fd, text, sizeof text) == 0);
	CHECK(pread(fd, text, 4, 1) == 4 && !memcmp(text, "ello", 4));
	CHECK(pwrite(fd, "J", 1, 0) == 1);
	CHECK(lseek(fd, 0, SEEK_CUR) == 11);
	FAILS(lseek(fd, -1, SEEK_SET), EINVAL);
	CHECK(!fstat(fd, &st) && st.st_size == 11 && S_ISREG(st.st_mode) && st.st_nlink == 1 && st.st_ino);
	CHECK(!ftruncate(fd, 5) && !fstat(fd, &st) && st.st_size == 5);
	CHECK(!posix_fallocate(fd, 0, 100) && !fstat(fd, &st) && st.st_size == 100);
	CHECK(!posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL));
	CHECK(!fsync(fd) && !fdatasync(fd));
	CHECK(!close(fd));
	FAILS(close(fd), EBADF);

	CHECK((fd = open("/data/a", O_WRONLY | O_APPEND)) >= 0);
	CHECK(fcntl(fd, F_GETFL) & O_APPEND);
	FAILS(read(fd, text, 1), EBADF);
	CHECK(write(fd, "end", 3) == 3);
	CHECK(!fstat(fd, &st) && st.st_size == 103);
	CHECK(!close(fd));
	CHECK((fd = open("/data/a", O_RDONLY | O_TRUNC)) >= 0 && !fstat(fd, &st) && st.st_size == 0);
	FAILS(write(fd, "x", 1), EBADF);
	CHECK(!close(fd));
	CHECK((fd = open("/data/made", O_RDONLY | O_CREAT, 0644)) >= 0 && !close(fd));
	FAILS(open("/data/none", O_RDONLY), ENOENT);
	FAILS(open("/data/a", O_RDONLY | O_DIRECTORY), ENOTDIR);
	FAILS(open("/data", O_WRONLY), EISDIR);
}

static void large(void)
{
	enum { SIZE = 3 << 20 };
	char *block = malloc(SIZE), *back = malloc(SIZE);
	CHECK(block && back);
	for (int i = 0; i < SIZE; i++)
		block[i] = i * 2654435761u >> 24;
	int fd = open("/data/large", O_RDWR | O_CREAT, 0600);
	CHECK(write(fd, block, SIZE) == SIZE);
	CHECK(pread(fd, back, SIZE, 0) == SIZE && !memcmp(block, back, SIZE));
	CHECK(pread(fd, back, SIZE, 1) == SIZE - 1 && !memcmp(block + 1, back, SIZE - 1));
	CHECK(!close(fd) && !unlink("/data/large"));
}

static void times(void)
{
	struct timespec when[] = { { 1000000001, 123456789 }, { 1000000002, 987654321 } };
	struct timespec then[] = { { 1100000001, 0 }, { 1100000002, 0 } };
	struct stat st;
	int fd = open("/data/a", O_RDWR);
	CHECK(!futimens(fd, when) && !fstat(fd, &st));
	CHECK(st.st_atim.tv_sec == 1000000001 && st.st_atim.tv_nsec == 123456789);
	CHECK(st.st_mtim.tv_sec == 1000000002 && st.st_mtim.tv_nsec == 987654321);
	/* NULL and UTIME_OMIT are not for here: the C library of 2022 gets them wrong. */
	CHECK(!utimensat(AT_FDCWD, "/data/a", then, 0) && !stat("/data/a", &st));
	CHECK(st.st_atim.tv_sec == 1100000001 && st.st_mtim.tv_sec == 1100000002);
	CHECK(!symlink("a", "/data/old"));
	CHECK(!utimensat(AT_FDCWD, "/data/old", when, AT_SYMLINK_NOFOLLOW) && !lstat("/data/old", &st));
	CHECK(S_ISLNK(st.st_mode) && st.st_mtim.tv_sec == 1000000002);
	CHECK(!stat("/data/old", &st) && st.st_mtim.tv_sec > 1000000002);
	CHECK(!utimensat(AT_FDCWD, "/data", when, 0) && !stat("/data", &st) && st.st_mtim.tv_sec == 1000000002);
	CHECK(!unlink("/data/old") && !close(fd));
}

static void names(void)
{
	char target[8] = "";
	struct stat st, other;
	CHECK(!mkdir("/data/d", 0755));
	FAILS(mkdir("/data/d", 0755), EEXIST);
	CHECK(!mkdir("/data/d/sub/", 0755) && !rmdir("/data/d/sub"));
	CHECK(!rename("/data/a", "/data/d/b"));
	FAILS(stat("/data/a", &st), ENOENT);
	CHECK(!link("/data/d/b", "/data/c") && !stat("/data/c", &st) && !stat("/data/d/b", &other));
	CHECK(st.st_nlink == 2 && st.st_ino == other.st_ino && st.st_dev == other.st_dev);
	CHECK(!symlink("d/b", "/data/s"));
	CHECK(readlink("/data/s", target, sizeof target) == 3 && !memcmp(target, "d/b", 4));
	CHECK(readlink("/data/s", target, 2) == 2);
	FAILS(readlink("/data/c", target, sizeof target), EINVAL);
	CHECK(!lstat("/data/s", &st) && S_ISLNK(st.st_mode) && !stat("/data/s", &st) && S_ISREG(st.st_mode));
	FAILS(open("/data/s", O_RDONLY | O_NOFOLLOW), ELOOP);
	FAILS(rmdir("/data/d"), ENOTEMPTY);
	FAILS(unlink("/data/d"), EISDIR);
	FAILS(rmdir("/data/c"), ENOTDIR);
	CHECK(!unlink("/data/s") && !unlink("/data/c") && !remove("/data/d/b") && !remove("/data/d"));
	CHECK(!access("/data/made", R_OK | W_OK) && !unlink("/data/made"));
	FAILS(unlink("/data/made"), ENOENT);
}

/* Every one of 1000 names exactly once, also when the listing is resumed in its middle. */
static void listing(void)
{
	enum { COUNT = 1000 };
	static char seen[COUNT], again[COUNT];
	char path[64];
	struct dirent *entry;
	struct stat st;
	long middle = 0;
	int dots = 0, total = 0;
	CHECK(!mkdir("/data/many", 0755));
	for (int i = 0; i < COUNT; i++) {
		snprintf(path, sizeof path, "/data/many/a-file-with-a-longer-name-%d", i);
		int fd = open(path, O_WRONLY | O_CREAT, 0600);
		CHECK(fd >= 0 && !close(fd));
	}
	DIR *dir = opendir("/data/many");
	CHECK(dir);
	while ((errno = 0, entry = readdir(dir))) {
		if (entry->d_name[0] == '.') {
			CHECK(entry->d_type == DT_DIR);
			dots++;
			continue;
		}
		int number = atoi(strrchr(entry->d_name, '-') + 1);
		CHECK(entry->d_type == DT_REG && !seen[number]++);
		if (number == 7) {
			snprintf(path, sizeof path, "/data/many/%s", entry->d_name);
			CHECK(!stat(path, &st) && st.st_ino == entry->d_ino);
		}
		if (++total == COUNT / 2)
			middle = telldir(dir);
	}
	CHECK(!errno && dots == 2 && total == COUNT);
	seekdir(dir, middle);
	for (total = 0; (entry = readdir(dir)); total++)
		if (entry->d_name[0] != '.')
			CHECK(!again[atoi(strrchr(entry->d_name, '-') + 1)]++);
	CHECK(total == COUNT / 2);
	rewinddir(dir);
	for (total = 0; (entry = readdir(dir));)
		if (entry->d_name[0] != '.') {
			snprintf(path, sizeof path, "/data/many/%s", entry->d_name);
			CHECK(!unlink(path));
			total++;
		}
	CHECK(total == COUNT && !closedir(dir) && !rmdir("/data/many"));
}

int main(void)
{
	positions();
	large();
	times();
	names();
	listing();
	return 0;
}
