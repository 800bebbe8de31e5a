/* Sorting keeps the order of what compares as equal; messages and names of signals. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As some do, without <unistd.h>. */
#include <zlib.h>

struct row {
	int key;
	int index;
	char text[24];
};

static int by_key(const void *a, const void *b)
{
	return ((const struct row *)a)->key - ((const struct row *)b)->key;
}

static int by_letter(const void *a, const void *b)
{
	return *(const char *)a - *(const char *)b;
}

static void sort(int count, int keys)
{
	static struct row rows[300];
	int i;

	for (i = 0; i < count; i++) {
		rows[i].key = i * 7919 % keys;
		rows[i].index = i;
		snprintf(rows[i].text, sizeof(rows[i].text), "row %d", i);
	}
	qsort(rows, count, sizeof(*rows), by_key);
	for (i = 0; i < count; i++)
		printf("%d %d %s\n", rows[i].key, rows[i].index, rows[i].text);
}

int main(void)
{
	static const int counts[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 300};
	char letters[] = "the quick brown fox jumps over the lazy dog";
	size_t i;
	int number;

	for (i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		sort(counts[i], 3);
		sort(counts[i], 101);
	}
	qsort(letters, sizeof(letters) - 1, 1, by_letter);
	printf("%s\n", letters);

	for (number = 0; number < 66; number++)
		printf("%d %s\n", number, strsignal(number));

	errno = ENOENT;
	printf("%m\n");
	errno = EAGAIN;
	printf("%d%% %%m %m, %lu times: %s\n", 100, 7ul, "%m");
	errno = EOPNOTSUPP;
	fprintf(stdout, "%s: %m and %m\n", "twice");
	printf("%d\n", getpid() > 0);
	return 0;
}
