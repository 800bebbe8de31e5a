/* Attaching by hand: uprobes with cookies, tracepoints, perf events; links that are NULL, detached, destroyed. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <asm/unistd.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>

#include <bpf/libbpf.h>

#include "attach.skel.h"

#define LIBC "/usr/lib/x86_64-linux-gnu/libc.so.6"

static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static struct bpf_link *tick(struct bpf_program *prog)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.freq = 1,
		.sample_freq = 200,
	};
	struct bpf_link *link;
	int fd = syscall(__NR_perf_event_open, &attr, -1, 0, -1, 0);

	printf("perf event: %d\n", fd >= 0);
	printf("disable: %d\n", ioctl(fd, PERF_EVENT_IOC_DISABLE, 0));
	link = bpf_program__attach_perf_event(prog, fd);
	if (!link)
		close(fd);
	return link;
}

int main(void)
{
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .func_name = "getppid", .bpf_cookie = 77);
	struct bpf_link *link, *ret, *ticks;
	struct timespec pause = { .tv_nsec = 50000000 };
	struct attach_bpf *skel;
	unsigned long long before;
	int i;

	libbpf_set_print(silent);
	skel = attach_bpf__open_and_load();
	if (!skel)
		return 1;
	printf("auto-attach: %d\n", attach_bpf__attach(skel));
	link = bpf_program__attach(skel->progs.on_tracepoint);
	printf("where to: %d %d\n", link == NULL, errno == EINVAL || errno == EOPNOTSUPP);
	printf("destroy nothing: %d\n", bpf_link__destroy(NULL));
	printf("error of NULL: %d\n", libbpf_get_error(NULL) == -errno);

	link = bpf_program__attach_uprobe_opts(skel->progs.on_uprobe, -1, LIBC, 0, &opts);
	printf("uprobe: %d\n", link != NULL);
	opts.retprobe = true;
	ret = bpf_program__attach_uprobe_opts(skel->progs.on_return, -1, LIBC, 0, &opts);
	printf("uretprobe: %d\n", ret != NULL);
	skel->links.on_tracepoint =
		bpf_program__attach_tracepoint(skel->progs.on_tracepoint, "sched", "sched_switch");
	printf("tracepoint: %d\n", skel->links.on_tracepoint != NULL);
	ticks = tick(skel->progs.on_tick);
	printf("perf event link: %d\n", ticks != NULL);
	printf("no such function: %d\n",
	       bpf_program__attach_kprobe(skel->progs.on_kprobe, false, "no_such_function") == NULL);

	for (i = 0; i < 100 && !skel->bss->traced; i++)
		nanosleep(&pause, NULL);
	printf("traced: %d\n", skel->bss->traced > 0);
	before = skel->bss->uprobes;
	printf("detach: %d\n", bpf_link__detach(link) == 0 || errno == EOPNOTSUPP);
	printf("destroy: %d %d\n", bpf_link__destroy(link), bpf_link__destroy(ret));
	printf("counted: %d\n", skel->bss->uprobes >= before);
	bpf_link__destroy(ticks);
	attach_bpf__destroy(skel);
	return 0;
}
