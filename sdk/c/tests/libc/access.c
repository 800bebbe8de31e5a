/* What tools ask before they load: whether the kernel describes its types. */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	printf("types: %d %d\n", access("/sys/kernel/btf/vmlinux", R_OK), access("/sys/kernel/btf/vmlinux", F_OK));
	return 0;
}
