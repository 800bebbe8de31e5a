/*
 * The ways to attach. Where programs of several are attached at once, each takes
 * an argument of its own.
 */
#include "guest.h"

#include <linux/perf_event.h>
#include <sys/socket.h>

static int find_map(struct bpf_object *object, const char *name)
{
	int map = bpf_object__find_map_fd_by_name(object, name);

	check(map >= 0, name);
	return map;
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

static void at_tc(struct bpf_program *program, int device)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = device, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = bpf_program__fd(program));

	check(!bpf_tc_hook_create(&hook), "bpf_tc_hook_create");
	check(!bpf_tc_attach(&hook, &opts), "bpf_tc_attach");
}

static struct bpf_link *at_netfilter(struct bpf_program *program)
{
	/* IPv4, what this machine sends. */
	LIBBPF_OPTS(bpf_netfilter_opts, opts, .pf = 2, .hooknum = 3, .priority = -128);

	return bpf_program__attach_netfilter(program, &opts);
}

/* The second program stands before the first one. */
static struct bpf_link *before_at_tcx(struct bpf_program **programs, int device)
{
	LIBBPF_OPTS(bpf_tcx_opts, opts, .flags = BPF_F_BEFORE);

	check(bpf_program__attach_tcx(programs[0], device, NULL) != NULL, "attach");
	opts.relative_fd = bpf_program__fd(programs[0]);
	return bpf_program__attach_tcx(programs[1], device, &opts);
}

static struct bpf_link *before_in_cgroup(struct bpf_program **programs, int directory)
{
	LIBBPF_OPTS(bpf_cgroup_opts, opts, .flags = BPF_F_BEFORE | BPF_F_LINK);
	struct bpf_link *link = bpf_program__attach_cgroup(programs[0], directory);

	check(link != NULL, "attach");
	opts.relative_fd = bpf_link__fd(link);
	return bpf_program__attach_cgroup_opts(programs[1], directory, &opts);
}

/* Datagrams that come to either device are sent out of the first one, or to the first processor: past the second program. */
static struct bpf_link *behind_map(struct bpf_object *object, struct bpf_program **programs, char **args)
{
	bool to_device = strstr(bpf_program__name(programs[0]), "device") != NULL;
	/* struct bpf_devmap_val and bpf_cpumap_val: a device, or the length of a queue; and a program. */
	__u32 zero = 0, value[2] = {to_device ? atoi(args[0]) : 64, bpf_program__fd(programs[1])};
	int map = find_map(object, to_device ? "devices" : "processors");

	check(!bpf_map_update_elem(map, &zero, value, BPF_ANY), "update");
	check(bpf_program__attach_xdp(programs[0], atoi(args[1])) != NULL, "attach");
	return bpf_program__attach_xdp(programs[0], atoi(args[0]));
}

/* Puts the socket that is the standard input into a map. */
static int with_socket(struct bpf_object *object, const char *name)
{
	int map = find_map(object, name);
	__u64 socket = 0;
	__u32 zero = 0;

	check(!bpf_map_update_elem(map, &zero, &socket, BPF_ANY), "update");
	return map;
}

/* As sk_skb's section does not say it. */
static enum bpf_attach_type socket_type(struct bpf_program *program)
{
	enum bpf_attach_type type = bpf_program__expected_attach_type(program);

	return strcmp(bpf_program__section_name(program), "sk_skb") ? type : BPF_SK_SKB_STREAM_VERDICT;
}

static void at_sockmap(struct bpf_object *object, struct bpf_program **programs)
{
	int map = find_map(object, "sockets"), i;

	for (i = 0; programs[i]; i++)
		check(!bpf_prog_attach(bpf_program__fd(programs[i]), map, socket_type(programs[i]), 0),
		      "bpf_prog_attach");
	with_socket(object, "sockets");
}

/* What is in the map before the program is attached knows nothing of it. */
static struct bpf_link *link_to_sockmap(struct bpf_object *object, struct bpf_program *program)
{
	struct bpf_link *link = bpf_program__attach_sockmap(program, find_map(object, "sockets"));

	with_socket(object, "sockets");
	return link;
}

/* To the group of sockets that the standard input is one of. */
static void at_group(struct bpf_object *object, struct bpf_program *program)
{
	int descriptor = bpf_program__fd(program);

	with_socket(object, "receivers");
	check(!setsockopt(0, SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF, &descriptor, sizeof(descriptor)),
	      "SO_ATTACH_REUSEPORT_EBPF");
}

/* To a packet socket; that. */
static int at_packet_socket(struct bpf_program *program, int device)
{
	int descriptor = bpf_program__fd(program), sock = socket(AF_PACKET, SOCK_RAW, 0);
	/* struct sockaddr_ll: all protocols, one device. */
	struct {
		__u16 family, protocol;
		__u32 device;
		__u32 rest[3];
	} address = {AF_PACKET, 0x0300, device, {0}};

	check(sock >= 0, "socket");
	check(!setsockopt(sock, SOL_SOCKET, SO_ATTACH_BPF, &descriptor, sizeof(descriptor)), "SO_ATTACH_BPF");
	check(!bind(sock, (struct sockaddr *)&address, sizeof(address)), "bind");
	return sock;
}

static struct bpf_link *attach_one(struct bpf_program *program, const char *way, char *argument)
{
	int device = argument ? atoi(argument) : 0;

	if (!strcmp(way, "section"))
		return bpf_program__attach(program);
	if (!strcmp(way, "cgroup"))
		return bpf_program__attach_cgroup(program, open(argument, O_RDONLY | O_DIRECTORY));
	if (!strcmp(way, "netns"))
		return bpf_program__attach_netns(program, open(argument, O_RDONLY));
	if (!strcmp(way, "xdp"))
		return bpf_program__attach_xdp(program, device);
	if (!strcmp(way, "tcx"))
		return bpf_program__attach_tcx(program, device, NULL);
	if (!strcmp(way, "netkit"))
		return bpf_program__attach_netkit(program, device, NULL);
	if (!strcmp(way, "netfilter"))
		return at_netfilter(program);
	check(0, way);
	return NULL;
}

static void must(struct bpf_link *link)
{
	check(link != NULL, "attach");
}

int attach(struct bpf_object *object, struct bpf_program **programs, char **args, struct wanted wanted)
{
	const char *way = args[0] ? args[0] : "section";
	int i, sock = -1;

	errno = 0;
	if (!strcmp(way, "uprobe"))
		must(at_uprobe(programs[0], args + 1));
	else if (!strcmp(way, "uprobe_multi"))
		must(at_uprobes(programs[0], args + 1));
	else if (!strcmp(way, "usdt"))
		must(bpf_program__attach_usdt(programs[0], -1, args[1], args[2], args[3], NULL));
	else if (!strcmp(way, "perf_event"))
		must(at_clock(programs[0], wanted));
	else if (!strcmp(way, "struct_ops"))
		must(bpf_map__attach_struct_ops(bpf_object__find_map_by_name(object, args[1])));
	else if (!strcmp(way, "before_at_tcx"))
		must(before_at_tcx(programs, atoi(args[1])));
	else if (!strcmp(way, "before_in_cgroup"))
		must(before_in_cgroup(programs, open(args[1], O_RDONLY | O_DIRECTORY)));
	else if (!strcmp(way, "behind_map"))
		must(behind_map(object, programs, args + 1));
	else if (!strcmp(way, "link_to_sockmap"))
		must(link_to_sockmap(object, programs[0]));
	else if (!strcmp(way, "sockmap"))
		at_sockmap(object, programs);
	else if (!strcmp(way, "group"))
		at_group(object, programs[0]);
	else if (!strcmp(way, "tc"))
		at_tc(programs[0], atoi(args[1]));
	else if (!strcmp(way, "packet_socket"))
		sock = at_packet_socket(programs[0], atoi(args[1]));
	else
		for (i = 0; programs[i]; i++)
			check(attach_one(programs[i], way, args[0] ? args[i + 1] : NULL) != NULL,
			      bpf_program__name(programs[i]));
	return sock;
}
