/*
 * Asks what `wasm-bpf doctor` knows: kinds doctor GROUP/NAME..., a line for each: GROUP/NAME RESULT TEXT.
 * Or attaches programs in one way: kinds OBJECT PROGRAM[,PROGRAM...] THREAD VALUE [WAY [ARGUMENT...]]
 * THREAD and VALUE are what the programs look for. Prints `ready`, then what they
 * did whenever that changes, until Ctrl-C. Without a WAY: as SEC() says.
 */
#include "guest.h"

#include <signal.h>
#include <sys/socket.h>
#include <wasm_bpf/doctor.h>

#include "cgroup.skel.h"
#include "freplace.skel.h"
#include "net.skel.h"
#include "ops.skel.h"
#include "packets.skel.h"
#include "redirect.skel.h"
#include "run.skel.h"
#include "scheduler.skel.h"
#include "security.skel.h"
#include "session.skel.h"
#include "sleepable.skel.h"
#include "sockets.skel.h"
#include "tracing.skel.h"
#include "unix.skel.h"
#include "user.skel.h"
#include "writable.skel.h"

static const struct {
	const char *name;
	const void *(*elf)(size_t *size);
} objects[] = {
	{"cgroup", cgroup_bpf__elf_bytes}, {"freplace", freplace_bpf__elf_bytes},
	{"net", net_bpf__elf_bytes}, {"ops", ops_bpf__elf_bytes},
	{"packets", packets_bpf__elf_bytes}, {"redirect", redirect_bpf__elf_bytes},
	{"run", run_bpf__elf_bytes}, {"scheduler", scheduler_bpf__elf_bytes},
	{"security", security_bpf__elf_bytes}, {"session", session_bpf__elf_bytes},
	{"sleepable", sleepable_bpf__elf_bytes}, {"sockets", sockets_bpf__elf_bytes},
	{"tracing", tracing_bpf__elf_bytes}, {"unix", unix_bpf__elf_bytes},
	{"user", user_bpf__elf_bytes}, {"writable", writable_bpf__elf_bytes},
};

static volatile sig_atomic_t stop;

static void on_signal(int signal)
{
	(void)signal;
	stop = 1;
}

static struct bpf_map *global(struct bpf_object *object, const char *section)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
		if (bpf_map__is_internal(map) && strstr(bpf_map__name(map), section))
			return map;
	return NULL;
}

/* Whether a name is one of a list that commas separate. */
static bool is_in(const char *name, const char *list)
{
	size_t length = strlen(name);

	for (; list; list = strchr(list, ','), list += list != NULL)
		if (!strncmp(list, name, length) && (!list[length] || list[length] == ','))
			return true;
	return false;
}

/* Opens an object, of which only some programs are to be loaded. */
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
		bpf_program__set_autoload(program, !only || is_in(bpf_program__name(program), only));
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

/* Reads an iterator to its end; one of a map's elements goes over `listed`. */
static void print_iterator(struct bpf_object *object, struct bpf_program *program)
{
	union bpf_iter_link_info info = {.map = {.map_fd = bpf_object__find_map_fd_by_name(object, "listed")}};
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &info, .link_info_len = sizeof(info));
	bool of_elements = strstr(bpf_program__section_name(program), "map_elem") != NULL;
	struct bpf_link *link = bpf_program__attach_iter(program, of_elements ? &opts : NULL);
	int stream = link ? bpf_iter_create(bpf_link__fd(link)) : -1;
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
static void write_error(struct bpf_object *object, struct bpf_program *writer)
{
	struct bpf_program *nothing = find(object, "nothing");
	struct bpf_link *link;

	run(nothing, NULL, 0);
	link = bpf_program__attach(writer);
	check(link != NULL, "attach");
	run(nothing, NULL, 0);
	bpf_link__destroy(link);
	run(nothing, NULL, 0);
}

/* Programs that others attach by their pins, until Ctrl-C. */
static void pin(struct bpf_object *object, struct bpf_program **programs, char **paths)
{
	int i;

	for (i = 0; programs[i]; i++)
		check(!bpf_program__pin(programs[i], paths[i]), "pin");
	printf("ready\n");
	watch(object);
	for (i = 0; programs[i]; i++)
		check(!bpf_program__unpin(programs[i], paths[i]), "unpin");
}

/* The programs of a list, in its order. */
static void find_all(struct bpf_object *object, char *list, struct bpf_program **programs)
{
	char *name;
	int i;

	for (i = 0; (name = strsep(&list, ",")); i++) {
		check(i < PROGRAMS, "so many programs");
		programs[i] = find(object, name);
	}
}

/* Each check with its result, and the first line of its text. */
static int ask_doctor(char **checks)
{
	char *group, *name, text[512];
	int found;

	for (; *checks; checks++) {
		name = strdup(*checks);
		group = strsep(&name, "/");
		found = wasm_bpf_doctor(group, name, text, sizeof(text));
		text[strcspn(text, "\n")] = '\0';
		printf("%s %d %s\n", *checks, found, found == -ENOENT ? "" : text);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct bpf_program *programs[PROGRAMS + 1] = {NULL};
	struct wanted wanted = {0};
	struct bpf_object *object;
	const char *way;
	char packet[256];
	int number = 35, sock;
	bool is_all, is_run;

	if (argc > 2 && !strcmp(argv[1], "doctor"))
		return ask_doctor(argv + 2);
	if (argc < 5)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGINT, on_signal);
	wanted.thread = strcmp(argv[3], "self") ? atoi(argv[3]) : getpid();
	wanted.value = atoi(argv[4]);
	way = argc > 5 ? argv[5] : "section";
	/* What a map of operations has is loaded with it. */
	is_all = !strcmp(way, "struct_ops") || !strcmp(way, "writable");
	object = open_for(argv[1], is_all ? NULL : argv[2], wanted);
	check(!bpf_object__load(object), "load");
	if (strcmp(way, "struct_ops"))
		find_all(object, argv[2], programs);
	if (!strcmp(way, "freplace"))
		replace(object, wanted);
	else if (!strcmp(way, "writable"))
		write_error(object, programs[0]);
	else if (!strcmp(way, "pin"))
		pin(object, programs, argv + 6);
	else if (!strncmp(argv[2], "iter", 4))
		print_iterator(object, programs[0]);
	else if (!strcmp(way, "run")) {
		run(programs[0], &number, sizeof(number));
		printf("context %d\n", number);
	} else {
		is_run = !strcmp(way, "and_run");
		sock = attach(object, programs, argv + (argc > 5 && !is_run ? 5 : argc), wanted);
		printf("ready\n");
		if (is_run)
			run(programs[0], NULL, 0);
		if (sock >= 0)
			printf("received %zd\n", recv(sock, packet, sizeof(packet), 0));
		watch(object);
	}
	bpf_object__close(object);
	return 0;
}
