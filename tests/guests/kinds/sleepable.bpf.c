/*
 * Sleepable programs at a function that the kernel calls where a tracing program is run:
 * it is told 1, and answers 2, or the run fails.
 */
#include "kinds.bpf.h"

/* No address of anybody's is an error, but may be read. */
static int may_sleep(void)
{
	char byte;

	return is_wanted() && bpf_copy_from_user(&byte, 1, NULL) != 0;
}

SEC("fentry.s/bpf_fentry_test1")
int BPF_PROG(fentry_s, int number)
{
	return may_sleep() ? hit(number) : 0;
}

SEC("fexit.s/bpf_fentry_test1")
int BPF_PROG(fexit_s, int number, int answer)
{
	return may_sleep() ? hit(answer) : 0;
}

SEC("fmod_ret.s/bpf_fentry_test1")
int BPF_PROG(fmod_ret_s, int number, int answer)
{
	if (!may_sleep())
		return answer;
	hit(number);
	return wanted.value;
}

/* To be run. */
SEC("fentry/bpf_fentry_test1")
int BPF_PROG(idle, int number)
{
	return 0;
}
