/*
 * Attaches one program in one way: kinds OBJECT PROGRAM THREAD VALUE [WAY [ARGUMENT...]]
 * THREAD and VALUE are what the program looks for. Prints `ready`, then what the
 * program did whenever that changes, until Ctrl-C. Without a WAY: as SEC() says.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kinds.h"

#include "cgroup.skel.h"
#include "freplace.skel.h"
#include "net.skel.h"
#include "ops.skel.h"
#include "run.skel.h"
#include "scheduler.skel.h"
#include "security.skel.h"
#include "session.skel.h"
#include "tracing.skel.h"
#include "user.skel.h"
#include "writable.skel.h"

static const struct {
	const char *name;
	const void *(*elf)(size_t *size);
} objects[] = {
	{"cgroup", cgroup_bpf__elf_bytes},     {"freplace", freplace_bpf__elf_bytes},
	{"net", net_bpf__elf_bytes},	       {"ops", ops_bpf__elf_bytes},
	{"run", run_bpf__elf_bytes},	       {"scheduler", scheduler_bpf__elf_bytes},
	{"security", security_bpf__elf_bytes}, {"session", session_bpf__elf_bytes},
	{"tracing", tracing_bpf__elf_bytes},   {"user", user_bpf__elf_bytes},
	{"writable", writable_bpf__elf_bytes},
};

static volatile sig_atomic_t stop;

static void on_signal(int signal)
{
	(void)signal;
	stop = 1;
}

static void check(int ok, const char *what)
{
	if (ok)
		return;
	printf("%s failed: %s\n", what, strerror(errno));
	exit(1);
}

static struct bpf_map *global(struct bpf_object *object, const char *section)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
		if (bpf_map__is_internal(map) && strstr(bpf_map__name(map), section))
			return map;
	return NULL;
}

/* Opens an object, of which only one program is to be loaded. */
static struct bpf_object *open_for(const char *name, const char *only, struct wanted wanted)
{
	struct bpf_object *object = NULL;
	struct bpf_program *program;
	struct wanted *constant;
	const void *elf;
	size_t i, size;

	for (i = 0; i < sizeof(objects) / sizeof(*objects); i++) {
		if (strcmp(objects[i].name, name))
			continue;
		elf = objects[i].elf(&size);
		object = bpf_object__open_mem(elf, size, NULL);
	}
	check(object != NULL, "open");
	bpf_object__for_each_program(program, object)
		bpf_program__set_autoload(program, !only || !strcmp(bpf_program__name(program), only));
	constant = bpf_map__initial_value(global(object, ".rodata"), &size);
	check(constant && size >= sizeof(*constant), "constants");
	*constant = wanted;
	return object;
}

static struct bpf_program *find(struct bpf_object *object, const char *name)
{
	struct bpf_program *program = bpf_object__find_program_by_name(object, name);

	check(program != NULL, name);
	return program;
}

static struct bpf_link *at_uprobe(struct bpf_program *program, char **args)
{
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .func_name = args[1],
		    .retprobe = strstr(bpf_program__name(program), "ret") != NULL);

	return bpf_program__attach_uprobe_opts(program, -1, args[0], 0, &opts);
}

static struct bpf_link *at_uprobes(struct bpf_program *program, char **args)
{
	const char *name = bpf_program__name(program);
	LIBBPF_OPTS(bpf_uprobe_multi_opts, opts, .retprobe = strstr(name, "ret") != NULL,
		    .session = strstr(name, "session") != NULL);

	return bpf_program__attach_uprobe_multi(program, -1, args[0], args[1], &opts);
}

/* A clock that ticks while a process runs. */
static struct bpf_link *at_clock(struct bpf_program *program, struct wanted wanted)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = 1000000,
	};
	int event = syscall(__NR_perf_event_open, &attr, wanted.thread, -1, -1, 0);

	check(event >= 0, "perf_event_open");
	return bpf_program__attach_perf_event(program, event);
}

static struct bpf_link *at_tc(struct bpf_program *program, int device)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = device, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = bpf_program__fd(program));

	check(!bpf_tc_hook_create(&hook), "bpf_tc_hook_create");
	check(!bpf_tc_attach(&hook, &opts), "bpf_tc_attach");
	return NULL;
}

static struct bpf_link *at_netfilter(struct bpf_program *program)
{
	/* IPv4, what this machine sends. */
	LIBBPF_OPTS(bpf_netfilter_opts, opts, .pf = 2, .hooknum = 3, .priority = -128);

	return bpf_program__attach_netfilter(program, &opts);
}

static struct bpf_link *attach(struct bpf_object *object, struct bpf_program *program, char **args,
			       struct wanted wanted)
{
	const char *way = args[0] ? args[0] : "section";
	int device = args[0] && args[1] ? atoi(args[1]) : 0;

	if (!strcmp(way, "section"))
		return bpf_program__attach(program);
	if (!strcmp(way, "uprobe"))
		return at_uprobe(program, args + 1);
	if (!strcmp(way, "uprobe_multi"))
		return at_uprobes(program, args + 1);
	if (!strcmp(way, "usdt"))
		return bpf_program__attach_usdt(program, -1, args[1], args[2], args[3], NULL);
	if (!strcmp(way, "perf_event"))
		return at_clock(program, wanted);
	if (!strcmp(way, "cgroup"))
		return bpf_program__attach_cgroup(program, open(args[1], O_RDONLY | O_DIRECTORY));
	if (!strcmp(way, "netns"))
		return bpf_program__attach_netns(program, open(args[1], O_RDONLY));
	if (!strcmp(way, "xdp"))
		return bpf_program__attach_xdp(program, device);
	if (!strcmp(way, "tc"))
		return at_tc(program, device);
	if (!strcmp(way, "tcx"))
		return bpf_program__attach_tcx(program, device, NULL);
	if (!strcmp(way, "netkit"))
		return bpf_program__attach_netkit(program, device, NULL);
	if (!strcmp(way, "netfilter"))
		return at_netfilter(program);
	if (!strcmp(way, "struct_ops"))
		return bpf_map__attach_struct_ops(bpf_object__find_map_by_name(object, args[1]));
	check(0, way);
	return NULL;
}

/* Prints what a program did whenever that changes, until Ctrl-C. */
static void watch(struct bpf_object *object)
{
	const struct result *result = bpf_map__initial_value(global(object, ".bss"), &(size_t){0});
	unsigned long long shown = 0, hits;

	check(result != NULL, "results");
	while (!stop) {
		hits = *(volatile unsigned long long *)&result->hits;
		if (hits != shown)
			printf("hits %llu seen %llu\n", hits, result->seen);
		shown = hits;
		usleep(1000);
	}
}

/* Reads an iterator to its end. */
static void print_iterator(struct bpf_link *link)
{
	int stream = bpf_iter_create(bpf_link__fd(link));
	char text[256];
	ssize_t size;

	check(stream >= 0, "bpf_iter_create");
	while ((size = read(stream, text, sizeof(text))) > 0)
		fwrite(text, 1, size, stdout);
	check(size == 0, "read");
}

/* Runs a program once. */
static void run(struct bpf_program *program, void *context, size_t context_size)
{
	char packet[64] = {0}, out[64];
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int error;

	if (context) {
		opts.ctx_in = context;
		opts.ctx_size_in = context_size;
	} else {
		opts.data_in = packet;
		opts.data_size_in = sizeof(packet);
		opts.data_out = out;
		opts.data_size_out = sizeof(out);
	}
	error = bpf_prog_test_run_opts(bpf_program__fd(program), &opts);
	printf("run %d returned %u\n", error, opts.retval);
}

/* A function of a program that runs is replaced, and comes back. */
static void replace(struct bpf_object *target, struct wanted wanted)
{
	struct bpf_program *asks = find(target, "asks"), *replacement;
	struct bpf_object *object = open_for("freplace", NULL, wanted);
	struct bpf_link *link;

	run(asks, NULL, 0);
	replacement = find(object, "replacement");
	check(!bpf_program__set_attach_target(replacement, bpf_program__fd(asks), "answer"), "target");
	check(!bpf_object__load(object), "load");
	link = bpf_program__attach(replacement);
	check(link != NULL, "attach");
	run(asks, NULL, 0);
	bpf_link__destroy(link);
	run(asks, NULL, 0);
}

/* The error of a program's run is written by another one, while that is attached. */
static void write_error(struct bpf_object *object)
{
	struct bpf_program *nothing = find(object, "nothing");
	struct bpf_link *link;

	run(nothing, NULL, 0);
	link = bpf_program__attach(find(object, "raw_tp_w"));
	check(link != NULL, "attach");
	run(nothing, NULL, 0);
	bpf_link__destroy(link);
	run(nothing, NULL, 0);
}

int main(int argc, char **argv)
{
	struct wanted wanted = {0};
	struct bpf_program *program;
	struct bpf_object *object;
	struct bpf_link *link;
	const char *way;
	int number = 35;

	if (argc < 5)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGINT, on_signal);
	wanted.thread = strcmp(argv[3], "self") ? atoi(argv[3]) : getpid();
	wanted.value = atoi(argv[4]);
	way = argc > 5 ? argv[5] : "section";
	/* Some ways need all of an object: then the program is called `all`. */
	object = open_for(argv[1], strcmp(argv[2], "all") ? argv[2] : NULL, wanted);
	check(!bpf_object__load(object), "load");
	program = bpf_object__find_program_by_name(object, argv[2]);
	if (!strcmp(way, "freplace")) {
		replace(object, wanted);
		return 0;
	}
	if (!strcmp(way, "writable")) {
		write_error(object);
		return 0;
	}
	if (!strcmp(way, "run")) {
		run(program, &number, sizeof(number));
		printf("context %d\n", number);
		return 0;
	}
	if (!strcmp(way, "pin")) {
		check(!bpf_program__pin(program, argv[6]), "pin");
		printf("ready\n");
		watch(object);
		check(!bpf_program__unpin(program, argv[6]), "unpin");
		return 0;
	}
	errno = 0;
	link = attach(object, program, argv + (argc > 5 ? 5 : argc), wanted);
	check(link != NULL || !errno, "attach");
	if (!strncmp(argv[2], "iter", 4)) {
		print_iterator(link);
		return 0;
	}
	printf("ready\n");
	watch(object);
	bpf_link__destroy(link);
	return 0;
}
