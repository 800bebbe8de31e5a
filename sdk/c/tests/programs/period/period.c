/* perf_buffer_opts.sample_period: how many records wake a poll. All are sent on CPU 0. */
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "period.skel.h"

static void on_sample(void *ctx, int cpu, void *data, __u32 size)
{
	unsigned long long number = 0;

	(void)ctx;
	(void)size;
	memcpy(&number, data, sizeof(number));
	printf("record %llu of CPU %d\n", number, cpu);
}

static void run(struct period_bpf *skel, unsigned long long number)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &number, .ctx_size_in = sizeof(number),
		    .flags = BPF_F_TEST_RUN_ON_CPU);

	printf("sent: %d\n", bpf_prog_test_run_opts(bpf_program__fd(skel->progs.send), &opts));
}

static void wait_for(struct period_bpf *skel, unsigned int period)
{
	LIBBPF_OPTS(perf_buffer_opts, opts, .sample_period = period);
	struct perf_buffer *buffer = perf_buffer__new(bpf_map__fd(skel->maps.events), 1, on_sample, NULL, NULL, &opts);
	unsigned long long number;

	printf("period %u: %d\n", period, buffer != NULL);
	for (number = 1; number <= 4; number++) {
		run(skel, number);
		/* The kernel wakes from another CPU, so what is to come may take a moment. */
		printf("poll: %d\n", perf_buffer__poll(buffer, number % (period ? period : 1) ? 0 : 60000));
	}
	printf("the rest: %d\n", perf_buffer__consume(buffer));
	perf_buffer__free(buffer);
}

int main(void)
{
	struct period_bpf *skel = period_bpf__open_and_load();

	if (!skel)
		return 1;
	wait_for(skel, 0);
	wait_for(skel, 1);
	wait_for(skel, 3);
	period_bpf__destroy(skel);
	return 0;
}
