/* XDP and tc on the loopback device, and a test run. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "net.skel.h"

int main(void)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = 7, .priority = 7);
	LIBBPF_OPTS(bpf_test_run_opts, run, .repeat = 10);
	unsigned char packet[64] = { 0 };
	char name[IF_NAMESIZE];
	struct net_bpf *skel;
	struct bpf_link *link;
	bool created;
	int lo, error;

	lo = if_nametoindex("lo");
	printf("lo: %d, back: %s\n", lo > 0, if_indextoname(lo, name) ? name : "none");
	printf("no device: %u\n", if_nametoindex("nosuchdevice"));
	skel = net_bpf__open_and_load();
	if (!skel)
		return 1;
	run.data_in = packet;
	run.data_size_in = sizeof(packet);
	error = bpf_prog_test_run_opts(bpf_program__fd(skel->progs.count_xdp), &run);
	printf("run: %d, returned %u\n", error, run.retval);

	link = bpf_program__attach_xdp(skel->progs.count_xdp, lo);
	printf("xdp: %d\n", link != NULL);
	printf("destroy: %d\n", bpf_link__destroy(link));

	hook.ifindex = lo;
	error = bpf_tc_hook_create(&hook);
	created = !error;
	printf("hook: %d\n", !error || error == -EEXIST);
	opts.prog_fd = bpf_program__fd(skel->progs.count_tc);
	error = bpf_tc_attach(&hook, &opts);
	printf("tc: %d, handle %u priority %u program %d\n", error, opts.handle, opts.priority,
	       opts.prog_id > 0);
	opts.flags = opts.prog_fd = opts.prog_id = 0;
	printf("detach: %d\n", bpf_tc_detach(&hook, &opts));
	printf("detach again: %d\n", bpf_tc_detach(&hook, &opts) < 0);
	if (created) {
		hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
		printf("destroy hook: %d\n", bpf_tc_hook_destroy(&hook));
	} else {
		printf("destroy hook: 0\n");
	}
	net_bpf__destroy(skel);
	return 0;
}
