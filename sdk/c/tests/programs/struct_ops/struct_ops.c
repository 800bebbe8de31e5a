/* Changes a table of kernel operations before load, and reads it back from the kernel. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "struct_ops.skel.h"

/* Where the kernel's value has the table: after its reference count and state, on a cache line of its own. */
#define TABLE 64
#define FLAGS 1 /* TCP_CONG_NON_RESTRICTED */
#define NONE ((struct bpf_program *)8)

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

static unsigned int id_of(const struct bpf_program *program)
{
	struct bpf_prog_info info;
	unsigned int size = sizeof(info);

	memset(&info, 0, sizeof(info));
	return bpf_prog_get_info_by_fd(bpf_program__fd(program), &info, &size) ? 0 : info.id;
}

/* A program that is none of the object's. */
static void load_with_a_wrong_program(void)
{
	struct struct_ops_bpf *skel = struct_ops_bpf__open();

	skel->struct_ops.control->ssthresh = NONE;
	printf("a wrong program: %d\n", struct_ops_bpf__load(skel) == -ENOTSUP);
	struct_ops_bpf__destroy(skel);
}

int main(int argc, char **argv)
{
	static unsigned char value[8192];
	struct struct_ops_bpf *skel;
	unsigned int flags, key = 0;
	unsigned long long id;
	size_t size = 0;

	(void)argv;
	signal(SIGINT, on_signal);
	libbpf_set_print(NULL);
	load_with_a_wrong_program();
	skel = struct_ops_bpf__open();
	if (!skel)
		return 1;
	printf("shadow: %d\n", bpf_map__initial_value(skel->maps.control, &size) ==
				       (void *)skel->struct_ops.control);
	printf("size: %d\n", size == sizeof(*skel->struct_ops.control));
	printf("programs: %d %d %d\n", skel->struct_ops.control->ssthresh == skel->progs.first_ssthresh,
	       skel->struct_ops.control->cong_avoid == skel->progs.cong_avoid,
	       skel->struct_ops.control->init == NULL);
	printf("flags: %u\n", skel->struct_ops.control->flags);
	skel->struct_ops.control->flags = FLAGS;
	skel->struct_ops.control->ssthresh = skel->progs.second_ssthresh;
	if (struct_ops_bpf__load(skel) || struct_ops_bpf__attach(skel)) {
		printf("cannot be registered: %s\n", strerror(errno));
		return 1;
	}
	printf("loaded: %d %d\n", bpf_program__fd(skel->progs.first_ssthresh) >= 0,
	       bpf_program__fd(skel->progs.second_ssthresh) >= 0);
	if (bpf_map_lookup_elem(bpf_map__fd(skel->maps.control), &key, value)) {
		printf("cannot be read: %s\n", strerror(errno));
		return 1;
	}
	memcpy(&flags, value + TABLE + offsetof(__typeof__(*skel->struct_ops.control), flags), sizeof(flags));
	memcpy(&id, value + TABLE + offsetof(__typeof__(*skel->struct_ops.control), ssthresh), sizeof(id));
	printf("in the kernel: flags %u, program %d\n", flags, id == id_of(skel->progs.second_ssthresh));
	fflush(stdout);
	while (argc > 1 && !stopped)
		sleep(1);
	struct_ops_bpf__destroy(skel);
	return 0;
}
