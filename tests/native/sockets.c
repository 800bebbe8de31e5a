/* One thing that a process does with sockets or devices: sockets WHAT [ARGUMENT]. Prints `error ERRNO`, or what came of it. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void check(int result)
{
	if (result >= 0)
		return;
	printf("error %d\n", errno);
	exit(0);
}

static int port_of(int sock)
{
	struct sockaddr_in own;
	socklen_t size = sizeof(own);

	check(getsockname(sock, (struct sockaddr *)&own, &size));
	return ntohs(own.sin_port);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "", *argument = argc > 2 ? argv[2] : "0";
	int is_tcp = !strcmp(what, "connect"), sock, value = 0, bytes;
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(atoi(argument)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct sockaddr *any = (struct sockaddr *)&address;
	socklen_t size = sizeof(value);

	if (!strcmp(what, "read")) {
		check(sock = open(argument, O_RDONLY));
		check(bytes = read(sock, &value, 1));
		printf("read %d\n", bytes);
		return 0;
	}
	check(sock = socket(AF_INET, is_tcp ? SOCK_STREAM : SOCK_DGRAM, 0));
	if (!strcmp(what, "bind")) {
		check(bind(sock, any, sizeof(address)));
		printf("port %d\n", port_of(sock));
	} else if (!strcmp(what, "connect")) {
		check(connect(sock, any, sizeof(address)));
		printf("connected\n");
	} else if (!strcmp(what, "send")) {
		check(sendto(sock, "hello", 5, 0, any, sizeof(address)));
		printf("sent\n");
	} else if (!strcmp(what, "get")) {
		check(getsockopt(sock, IPPROTO_IP, 4242, &value, &size));
		printf("value %d\n", value);
	} else if (!strcmp(what, "set")) {
		check(setsockopt(sock, IPPROTO_IP, 4242, &value, size));
		printf("set\n");
	} else {
		printf("made\n");
	}
	return 0;
}
