/*
 * bpf_prog_test_run_opts(): runs a loaded program on data that the guest has.
 */
#ifndef WASM_BPF_TEST_RUN_H
#define WASM_BPF_TEST_RUN_H

#include <linux/types.h>

#include <wasm_bpf/error.h>
#include <wasm_bpf/import.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bpf_test_run_opts {
	size_t sz;
	const void *data_in;
	void *data_out;
	__u32 data_size_in;
	__u32 data_size_out; /* in: room, out: size */
	const void *ctx_in;
	void *ctx_out;
	__u32 ctx_size_in;
	__u32 ctx_size_out; /* in: room, out: size */
	__u32 retval;	    /* out: what the program returned */
	int repeat;
	__u32 duration; /* out: nanoseconds for one run */
	__u32 flags;
	__u32 cpu;
	__u32 batch_size;
};
#define bpf_test_run_opts__last_field batch_size

/* program_test_run's struct, in and out. */
struct wasm_bpf_test_run {
	const void *data_in;
	uint32_t data_in_len;
	void *data_out;
	uint32_t data_out_len;
	const void *ctx_in;
	uint32_t ctx_in_len;
	void *ctx_out;
	uint32_t ctx_out_len;
	uint32_t repeat, flags, cpu, batch_size;
	uint32_t retval, duration;
	uint32_t reserved[10];
};

#ifdef __cplusplus
static_assert(sizeof(struct wasm_bpf_test_run) == 96, "program_test_run's options");
#else
_Static_assert(sizeof(struct wasm_bpf_test_run) == 96, "program_test_run's options");
#endif

/* Runs a loaded program on the caller's data. 0 or -errno. */
WASM_BPF_WEAK int bpf_prog_test_run_opts(int prog_fd, struct bpf_test_run_opts *opts)
{
	struct wasm_bpf_test_run run;
	int error;

	if (!wasm_bpf_options_valid(opts, sizeof(*opts)))
		return wasm_bpf_fail(-EINVAL);
	memset(&run, 0, sizeof(run));
	run.data_in = WASM_BPF_OPT(opts, data_in, NULL);
	run.data_in_len = WASM_BPF_OPT(opts, data_size_in, 0);
	run.data_out = WASM_BPF_OPT(opts, data_out, NULL);
	run.data_out_len = WASM_BPF_OPT(opts, data_size_out, 0);
	run.ctx_in = WASM_BPF_OPT(opts, ctx_in, NULL);
	run.ctx_in_len = WASM_BPF_OPT(opts, ctx_size_in, 0);
	run.ctx_out = WASM_BPF_OPT(opts, ctx_out, NULL);
	run.ctx_out_len = WASM_BPF_OPT(opts, ctx_size_out, 0);
	run.repeat = (uint32_t)WASM_BPF_OPT(opts, repeat, 0);
	run.flags = WASM_BPF_OPT(opts, flags, 0);
	run.cpu = WASM_BPF_OPT(opts, cpu, 0);
	run.batch_size = WASM_BPF_OPT(opts, batch_size, 0);
	error = wasm_bpf_result(wasm_bpf_v1_program_test_run(prog_fd, &run, sizeof(run)));
	WASM_BPF_OPT_SET(opts, data_size_out, run.data_out_len);
	WASM_BPF_OPT_SET(opts, ctx_size_out, run.ctx_out_len);
	WASM_BPF_OPT_SET(opts, retval, run.retval);
	WASM_BPF_OPT_SET(opts, duration, run.duration);
	return error;
}

#ifdef __cplusplus
}
#endif

#endif
