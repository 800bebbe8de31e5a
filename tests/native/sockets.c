/*
 * One thing that a process does with sockets or files: sockets WHAT [ARGUMENT [FAMILY]]. The family is 4 (also without
 * one), 6 or unix; the argument a port, or a name like @abstract. Prints `error ERRNO`, or what came of it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in four;
		struct sockaddr_in6 six;
		struct sockaddr_un unix_;
	};
	socklen_t size;
};

static void check(int result)
{
	if (result >= 0)
		return;
	printf("error %d\n", errno);
	exit(0);
}

/* On this machine. */
static struct address make(const char *family, const char *argument)
{
	struct address address = {.size = sizeof(address.four)};

	if (!strcmp(family, "unix")) {
		address.unix_.sun_family = AF_UNIX;
		/* An abstract name begins with a zero. */
		memcpy(address.unix_.sun_path + 1, argument + 1, strlen(argument) - 1);
		address.size = offsetof(struct sockaddr_un, sun_path) + strlen(argument);
	} else if (!strcmp(family, "6")) {
		address.six.sin6_family = AF_INET6;
		address.six.sin6_port = htons(atoi(argument));
		address.six.sin6_addr = in6addr_loopback;
		address.size = sizeof(address.six);
	} else {
		address.four.sin_family = AF_INET;
		address.four.sin_port = htons(atoi(argument));
		address.four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	}
	return address;
}

static int open_for(const struct address *address, int type)
{
	int sock = socket(address->any.sa_family, type, 0);

	check(sock);
	return sock;
}

static void print(const struct address *address)
{
	if (address->any.sa_family == AF_UNIX)
		printf("name @%.*s\n", (int)(address->size - offsetof(struct sockaddr_un, sun_path) - 1),
		       address->unix_.sun_path + 1);
	else
		printf("port %d\n", ntohs(address->any.sa_family == AF_INET6 ? address->six.sin6_port
								   : address->four.sin_port));
}

static struct address own_of(int sock)
{
	struct address own = {.size = sizeof(own)};

	check(getsockname(sock, &own.any, &own.size));
	return own;
}

static void bind_to(int sock, const struct address *address)
{
	check(bind(sock, &address->any, address->size));
}

/* Sends itself a datagram; from where that seems to come. */
static void receive(const struct address *address, const struct address *own)
{
	int receiver = open_for(address, SOCK_DGRAM), sender = open_for(address, SOCK_DGRAM);
	struct address to, from = {.size = sizeof(from)};
	char bytes[8];

	bind_to(receiver, address);
	bind_to(sender, own);
	to = own_of(receiver);
	check(sendto(sender, "hello", 5, 0, &to.any, to.size));
	check(recvfrom(receiver, bytes, sizeof(bytes), 0, &from.any, &from.size));
	print(&from);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "", *argument = argc > 2 ? argv[2] : "0";
	const char *family = argc > 3 ? argv[3] : "4";
	struct address address = make(family, argument), other;
	int sock, value = 0, bytes, type;
	socklen_t size = sizeof(value);

	if (!strcmp(what, "read")) {
		check(sock = open(argument, O_RDONLY));
		check(bytes = read(sock, &value, 1));
		printf("read %d\n", bytes);
		return 0;
	}
	if (!strcmp(what, "receive")) {
		other = make(family, strcmp(family, "unix") ? "0" : "@wb-sender");
		receive(&address, &other);
		return 0;
	}
	type = !strcmp(what, "connect") || !strcmp(what, "peer") ? SOCK_STREAM : SOCK_DGRAM;
	sock = open_for(&address, type);
	if (!strcmp(what, "bind")) {
		bind_to(sock, &address);
		address = own_of(sock);
		print(&address);
	} else if (!strcmp(what, "connect")) {
		check(connect(sock, &address.any, address.size));
		printf("connected\n");
	} else if (!strcmp(what, "peer")) {
		check(connect(sock, &address.any, address.size));
		address.size = sizeof(address);
		check(getpeername(sock, &address.any, &address.size));
		print(&address);
	} else if (!strcmp(what, "send")) {
		check(sendto(sock, "hello", 5, 0, &address.any, address.size));
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
