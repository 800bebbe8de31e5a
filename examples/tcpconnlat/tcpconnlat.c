// Prints how long each TCP connection took to be made, until Ctrl-C.
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <bpf/libbpf.h>

#include "tcpconnlat.h"
#include "tcpconnlat.skel.h"

static volatile sig_atomic_t exiting;

static void on_signal(int signal)
{
	(void)signal;
	exiting = 1;
}

static int print_event(void *ctx, void *data, size_t size)
{
	const struct event *e = data;
	int family = e->family == 6 ? AF_INET6 : AF_INET;
	char local[64], remote[64];

	(void)ctx;
	(void)size;
	inet_ntop(family, e->local, local, sizeof(local));
	inet_ntop(family, e->remote, remote, sizeof(remote));
	printf("%-7d %-16s %-16s %-16s %-6u %9.3f%s\n", e->pid, e->comm, local, remote, e->remote_port,
	       e->latency_ns / 1e6, e->refused ? " refused" : "");
	return 0;
}

/* Prints events until Ctrl-C; 0 or -errno. */
static int follow(struct tcpconnlat_bpf *skel)
{
	struct ring_buffer *ring = ring_buffer__new(bpf_map__fd(skel->maps.events), print_event, NULL, NULL);
	int err = ring ? 0 : -errno;

	printf("%-7s %-16s %-16s %-16s %-6s %9s\n", "PID", "COMM", "LOCAL", "REMOTE", "PORT", "MS");
	while (!exiting && err >= 0) {
		fflush(stdout);
		err = ring_buffer__poll(ring, 100 /* ms */);
	}
	ring_buffer__free(ring);
	if (skel->bss->dropped)
		fprintf(stderr, "tcpconnlat: %llu events were lost: the ring was full\n", skel->bss->dropped);
	return exiting ? 0 : err;
}

int main(int argc, char **argv)
{
	double min_ms = argc == 2 ? atof(argv[1]) : 0;
	struct tcpconnlat_bpf *skel;
	int err;

	if (argc > 2 || (argc == 2 && min_ms <= 0)) {
		puts("Usage: tcpconnlat [MIN_MS]\n\nPrint each TCP connection that this machine makes and how long it took,"
		     " until Ctrl-C;\nonly those that took at least so many milliseconds.");
		return argc == 2 && !strcmp(argv[1], "-h") ? 0 : 1;
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);

	skel = tcpconnlat_bpf__open();
	if (!skel)
		return 1;
	skel->rodata->min_ns = min_ms * 1e6;
	err = tcpconnlat_bpf__load(skel);
	if (!err)
		err = tcpconnlat_bpf__attach(skel);
	if (!err)
		err = follow(skel);
	if (err)
		fprintf(stderr, "tcpconnlat: %s\n", strerror(-err));
	tcpconnlat_bpf__destroy(skel);
	return err ? 1 : 0;
}
