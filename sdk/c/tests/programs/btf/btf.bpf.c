/* An object whose BTF btf.c reads from the file. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct sample {
	int number;
	long long wide;
};

struct sample sample = {};

SEC("socket")
int nothing(void *ctx)
{
	return sample.number;
}
