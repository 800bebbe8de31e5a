/* Internet addresses as texts, by the families' numbers that the kernel uses. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static const char *const samples[] = {
	"127.0.0.1", "255.255.255.255", "0.0.0.0", "1.2.3", "256.1.1.1", "", "::", "::1", "2001:db8::1", "fe80::1:0:0:2",
	"::ffff:10.0.0.1", "1:2:3:4:5:6:7:8", "1:0:0:4:5:0:0:8", "1::2::3", "12345::", "g::",
};

static void show(int family, const char *sample)
{
	unsigned char address[16] = {0};
	char text[INET6_ADDRSTRLEN] = "";
	int result = inet_pton(family, sample, address);

	printf("%d '%s' %d", family, sample, result);
	if (result == 1)
		printf(" %s", inet_ntop(family, address, text, sizeof(text)));
	printf("\n");
}

int main(void)
{
	unsigned char address[16] = {10, 1, 2, 3};
	struct in_addr four;
	char text[8] = "";
	size_t i;

	printf("%d %d %d %d %d %d\n", AF_UNSPEC, AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET);
	printf("%d %d %d %d\n", SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET);
	for (i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		show(AF_INET, samples[i]);
		show(AF_INET6, samples[i]);
	}
	printf("%d %d\n", inet_ntop(AF_UNIX, address, text, sizeof(text)) == NULL, errno == EAFNOSUPPORT);
	printf("%d %d\n", inet_ntop(AF_INET6, address, text, sizeof(text)) == NULL, errno == ENOSPC);
	memcpy(&four, address, sizeof(four));
	printf("%s\n", inet_ntoa(four));
	return 0;
}
