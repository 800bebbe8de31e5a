/* A program that writes what its tracepoint is told. */
#include "kinds.bpf.h"

/* Writes the error that test runs end with. */
static int write_error(struct bpf_raw_tracepoint_args *ctx)
{
	int *error = (int *)ctx->args[0];

	if (is_wanted()) {
		hit(0);
		*error = -(int)wanted.value;
	}
	return 0;
}

SEC("raw_tp.w/bpf_test_finish")
int raw_tp_w(struct bpf_raw_tracepoint_args *ctx)
{
	return write_error(ctx);
}

SEC("raw_tracepoint.w/bpf_test_finish")
int raw_tracepoint_w(struct bpf_raw_tracepoint_args *ctx)
{
	return write_error(ctx);
}

SEC("socket")
int nothing(struct __sk_buff *skb)
{
	return 0;
}
