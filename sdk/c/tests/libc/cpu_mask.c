/* libbpf's functions for lists of CPUs, which are not in its headers. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <bpf/libbpf.h>

extern int parse_cpu_mask_str(const char *text, bool **mask, int *mask_sz);
extern int parse_cpu_mask_file(const char *fcpu, bool **mask, int *mask_sz);

static void show(const char *what, int error, bool *mask, int size)
{
	int i;

	printf("%s: ", what);
	if (error)
		printf("%d", error == -EINVAL);
	for (i = 0; !error && i < size; i++)
		putchar(mask[i] ? '1' : '0');
	putchar('\n');
	free(mask);
}

int main(void)
{
	static const char *const texts[] = {"0", "0-3", "1,3-4,7\n", "2-2,5", "3-1", "x", "", "0-", "1,,2", "0-1,2", ",", "7,8-9"};
	bool *mask = NULL;
	int size = 0, error;
	size_t i;

	libbpf_set_print(NULL);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		error = parse_cpu_mask_str(texts[i], &mask, &size);
		show(texts[i][0] ? texts[i] : "nothing", error, mask, size);
	}
	error = parse_cpu_mask_file("/sys/devices/system/cpu/online", &mask, &size);
	show("online", error, mask, size);
	return 0;
}
