/* Loads its object with the types in the file that its argument names, if it names one. */
#include <bpf/libbpf.h>
#include <stdio.h>

#include "own_types.skel.h"

int main(int argc, char **argv)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts);
	struct own_types_bpf *skel;

	if (argc > 1 && argv[1][0])
		opts.btf_custom_path = argv[1];
	skel = own_types_bpf__open_opts(&opts);
	if (!skel) {
		fprintf(stderr, "cannot be opened\n");
		return 1;
	}
	if (own_types_bpf__load(skel)) {
		fprintf(stderr, "cannot be loaded\n");
		own_types_bpf__destroy(skel);
		return 1;
	}
	puts("loaded");
	own_types_bpf__destroy(skel);
	return 0;
}
