/* The guest: loads the BPF program, prints what it reports, and ends on Ctrl-C. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include "@NAME@.h"
#include "@NAME@.skel.h"

static volatile bool stopping;

static void on_signal(int signal)
{
	(void)signal;
	stopping = true;
}

static int on_event(void *context, void *data, size_t size)
{
	const struct event *event = data;

	(void)context;
	(void)size;
	printf("%-16s %-8u %-8u %s\n", event->comm, event->pid, event->ppid, event->filename);
	return 0;
}

int main(void)
{
	struct ring_buffer *ring = NULL;
	struct @NAME@_bpf *skel;
	int err;

	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);

	skel = @NAME@_bpf__open();
	if (!skel) {
		fprintf(stderr, "Failed to open the BPF object\n");
		return 1;
	}
	err = @NAME@_bpf__load(skel);
	if (err) {
		fprintf(stderr, "Failed to load the BPF program: %d\n", err);
		goto out;
	}
	err = @NAME@_bpf__attach(skel);
	if (err) {
		fprintf(stderr, "Failed to attach the BPF program: %d\n", err);
		goto out;
	}
	ring = ring_buffer__new(bpf_map__fd(skel->maps.events), on_event, NULL, NULL);
	if (!ring) {
		err = -errno;
		fprintf(stderr, "Failed to open the ring buffer: %d\n", err);
		goto out;
	}

	printf("%-16s %-8s %-8s %s\n", "COMM", "PID", "PPID", "FILENAME");
	while (!stopping) {
		err = ring_buffer__poll(ring, 100 /* milliseconds */);
		if (err < 0 && err != -EINTR) {
			fprintf(stderr, "Failed to poll the ring buffer: %d\n", err);
			goto out;
		}
	}
	err = 0;
	if (skel->bss->dropped)
		fprintf(stderr, "%llu events were lost\n", (unsigned long long)skel->bss->dropped);

out:
	ring_buffer__free(ring);
	@NAME@_bpf__destroy(skel);
	return err ? 1 : 0;
}
