/* Nothing: `wasm-bpf build` wants a program, and types.c needs none. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("socket")
int nothing(void *ctx)
{
	return 0;
}
