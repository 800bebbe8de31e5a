/* The process's namespaces, as BPF programs are told of them. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

int main(void)
{
	static const char *const paths[] = {"/proc/self/ns/pid", "/proc/self/ns/net", "/proc/self/ns/pid_for_children"};
	struct stat about;
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (stat(paths[i], &about))
			perror(paths[i]);
		else
			printf("%s: %lu %lu\n", paths[i], (unsigned long)about.st_dev, (unsigned long)about.st_ino);
	}
	printf("%d %d\n", lstat("/proc/self/ns/pid", &about), S_ISLNK(about.st_mode));
	errno = 0;
	printf("%d %d\n", stat("/proc/self/ns/none", &about), errno == ENOENT);
	return 0;
}
