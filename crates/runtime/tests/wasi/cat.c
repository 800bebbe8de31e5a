/* Copies the files named, or standard input, to standard output. Exits with errno where something fails. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int copy(int from)
{
	char block[4096];
	ssize_t count;
	while ((count = read(from, block, sizeof block)) > 0)
		for (ssize_t done = 0, put; done < count; done += put)
			if ((put = write(1, block + done, count - done)) < 0)
				return errno;
	return count < 0 ? errno : 0;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return copy(0);
	for (int i = 1; i < argc; i++) {
		int fd = open(argv[i], O_RDONLY);
		int error = fd < 0 ? errno : copy(fd);
		if (error)
			return error;
		close(fd);
	}
	return 0;
}
