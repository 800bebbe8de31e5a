// Adds up what the user side stored, and tells it in another variable.
#include "trigger.bpf.h"
#include "global.h"

unsigned long long slots[SLOTS];
unsigned long long sum = 0;

SEC("tp/syscalls/sys_enter_bpf")
int add(struct enter_bpf *call)
{
	if (!wanted(call))
		return 0;
	sum = 0;
	for (int i = 0; i < SLOTS; i++)
		sum += slots[i];
	return 0;
}
