// Prints a cgroup's traffic once a second until Ctrl-C. In C++: what is opened is closed by destructors.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "cgroup_skb.skel.h"

namespace {

volatile sig_atomic_t exiting;

void on_signal(int)
{
	exiting = 1;
}

struct Directory {
	explicit Directory(const char *path) : fd(open(path, O_RDONLY | O_DIRECTORY)) {}
	~Directory()
	{
		if (fd >= 0)
			close(fd);
	}
	Directory(const Directory &) = delete;
	Directory &operator=(const Directory &) = delete;

	const int fd;
};

struct Programs {
	Programs() : skel(cgroup_skb_bpf::open_and_load()) {}
	~Programs() { cgroup_skb_bpf::destroy(skel); }
	Programs(const Programs &) = delete;
	Programs &operator=(const Programs &) = delete;

	bool attach(const Directory &cgroup)
	{
		skel->links.on_ingress = bpf_program__attach_cgroup(skel->progs.on_ingress, cgroup.fd);
		if (!skel->links.on_ingress)
			return false;
		skel->links.on_egress = bpf_program__attach_cgroup(skel->progs.on_egress, cgroup.fd);
		return skel->links.on_egress;
	}

	cgroup_skb_bpf *const skel;
};

int fail(const char *what)
{
	fprintf(stderr, "cgroup_skb: %s: %s\n", what, strerror(errno));
	return 1;
}

} // namespace

int main(int argc, char **argv)
{
	if (argc != 2 || !strcmp(argv[1], "-h")) {
		puts("Usage: cgroup_skb PATH\n\nCount packets and bytes of the cgroup at PATH until Ctrl-C.");
		return argc == 2 ? 0 : 1;
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);

	Directory cgroup(argv[1]);
	if (cgroup.fd < 0)
		return fail(argv[1]);
	Programs programs;
	if (!programs.skel)
		return fail("cannot load the BPF programs");
	if (!programs.attach(cgroup))
		return fail("cannot attach to the cgroup");

	printf("%12s %12s %12s %12s\n", "PACKETS IN", "BYTES", "PACKETS OUT", "BYTES");
	while (!exiting) {
		fflush(stdout);
		sleep(1);
		const auto *count = programs.skel->bss;
		printf("%12llu %12llu %12llu %12llu\n", count->in_packets, count->in_bytes, count->out_packets,
			    count->out_bytes);
	}
	return 0;
}
