/* Links of /proc that are no paths: to namespaces one may look, the others lead out of the directory. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

int main(void)
{
	static const char *const closed[] = {"/proc/self/exe", "/proc/self/cwd", "/proc/self/root", "/proc/self/fd/0"};
	struct stat about, other;
	size_t i;

	if (stat("/proc/self/ns/pid", &about) || stat("/proc/self/ns/../ns/mnt", &other))
		return 1;
	if (!about.st_ino || about.st_dev != other.st_dev || about.st_ino == other.st_ino)
		return 2;
	if (open("/proc/self/ns/pid", O_RDONLY) >= 0 || errno != ELOOP)
		return 3;
	for (i = 0; i < sizeof(closed) / sizeof(closed[0]); i++)
		if (!stat(closed[i], &about) || errno != ELOOP)
			return 10 + (int)i;
	return 0;
}
