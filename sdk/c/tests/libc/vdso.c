/* Finds the process's own vDSO in its list of mappings, and reads it from memory, as symbol finders do. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
	uint64_t start = 0, end = 0;
	char path[64], line[512];
	int found = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%ld/maps", (long)getpid());
	file = fopen(path, "r");
	if (!file)
		return 1;
	while (fgets(line, sizeof(line), file))
		if (strstr(line, "[vdso]") && sscanf(line, "%" SCNx64 "-%" SCNx64, &start, &end) == 2)
			found++;
	fclose(file);
	printf("found: %d\n", found);
	if (!found)
		return 2;
	printf("pages: %d\n", (int)((end - start) / 4096));
	printf("ELF: %d\n", memcmp((void *)(uintptr_t)start, "\177ELF", 4));
	return 0;
}
