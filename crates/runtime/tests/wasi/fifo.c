/* Opens /data/fifo as argv[1] says: "read" copies it to /data/out, "write" writes a line, "poll" waits for input. */
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "check.h"

int main(int argc, char **argv)
{
	char text[64];
	(void)argc;
	if (!strcmp(argv[1], "write")) {
		int fd = open("/data/fifo", O_WRONLY);
		if (fd < 0)
			return errno;
		CHECK(write(fd, "from the guest", 14) == 14);
		return 0;
	}
	if (!strcmp(argv[1], "nonblock")) {
		FAILS(open("/data/fifo", O_WRONLY | O_NONBLOCK), ENXIO);
		return 0;
	}
	int fd = open("/data/fifo", O_RDONLY), out = open("/data/out", O_WRONLY | O_CREAT, 0644);
	CHECK(fd >= 0 && out >= 0);
	struct pollfd one = { .fd = fd, .events = POLLIN };
	int nonblocking = !strcmp(argv[1], "poll");
	if (nonblocking)
		CHECK(!fcntl(fd, F_SETFL, O_NONBLOCK));
	for (ssize_t count = 1; count;) {
		if (nonblocking)
			CHECK(poll(&one, 1, -1) == 1 && one.revents & (POLLIN | POLLHUP));
		count = read(fd, text, sizeof text);
		if (count < 0)
			return errno;
		CHECK(write(out, text, count) == count);
	}
	return 0;
}
