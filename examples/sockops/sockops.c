// Prints the TCP connections of a cgroup, and how fast they are, until Ctrl-C.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "sockops.h"
#include "sockops.skel.h"

static const char usage[] =
	"Usage: sockops [-r] PATH\n"
	"\n"
	"Print the TCP connections of the cgroup at PATH until Ctrl-C.\n"
	"\n"
	"  -r  also each round trip that TCP measures\n"
	"  -h  show this help\n";

static volatile sig_atomic_t exiting;

static void on_signal(int signal)
{
	(void)signal;
	exiting = 1;
}

static int print_event(void *ctx, void *data, size_t size)
{
	static const char *const kinds[] = { "connect", "accept", "rtt" };
	const struct event *e = data;
	int family = e->family == 6 ? AF_INET6 : AF_INET;
	char local[64], remote[64], text[64];

	(void)ctx;
	(void)size;
	snprintf(local, sizeof(local), "%s:%u", inet_ntop(family, e->local, text, sizeof(text)), e->local_port);
	snprintf(remote, sizeof(remote), "%s:%u", inet_ntop(family, e->remote, text, sizeof(text)), e->remote_port);
	printf("%-8s %-24s %-24s", kinds[e->kind], local, remote);
	if (e->kind == ACTIVE)
		printf(" %10u %8u\n", e->connect_us, e->rtt_us);
	else
		printf(" %10s %8u\n", "-", e->rtt_us);
	return 0;
}

/* Prints events until Ctrl-C; 0 or -errno. */
static int follow(struct sockops_bpf *skel)
{
	struct ring_buffer *ring = ring_buffer__new(bpf_map__fd(skel->maps.events), print_event, NULL, NULL);
	int err = ring ? 0 : -errno;

	printf("%-8s %-24s %-24s %10s %8s\n", "EVENT", "LOCAL", "REMOTE", "CONNECT US", "RTT US");
	while (!exiting && err >= 0) {
		fflush(stdout);
		err = ring_buffer__poll(ring, 100 /* ms */);
	}
	ring_buffer__free(ring);
	if (skel->bss->dropped)
		fprintf(stderr, "sockops: %llu events were lost: the ring was full\n", skel->bss->dropped);
	return exiting ? 0 : err;
}

int main(int argc, char **argv)
{
	struct sockops_bpf *skel = NULL;
	int option, cgroup, err = 0;
	bool report_rtt = false;

	while ((option = getopt(argc, argv, "rh")) != -1) {
		if (option != 'r') {
			fputs(usage, option == 'h' ? stdout : stderr);
			return option == 'h' ? 0 : 1;
		}
		report_rtt = true;
	}
	if (argc - optind != 1) {
		fputs(usage, stderr);
		return 1;
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);

	cgroup = open(argv[optind], O_RDONLY | O_DIRECTORY);
	if (cgroup < 0) {
		fprintf(stderr, "sockops: %s: %s\n", argv[optind], strerror(errno));
		return 1;
	}
	skel = sockops_bpf__open();
	if (!skel)
		return 1;
	skel->rodata->report_rtt = report_rtt;
	err = sockops_bpf__load(skel);
	if (!err) {
		skel->links.on_event = bpf_program__attach_cgroup(skel->progs.on_event, cgroup);
		err = skel->links.on_event ? follow(skel) : -errno;
	}
	if (err)
		fprintf(stderr, "sockops: %s\n", strerror(-err));
	sockops_bpf__destroy(skel);
	close(cgroup);
	return err ? 1 : 0;
}
