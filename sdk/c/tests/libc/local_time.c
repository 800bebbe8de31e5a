/* Local time in the zone of TZ, from times and back. */
#include <stdio.h>
#include <string.h>
#include <time.h>

/* A quarter of an hour around each of these: plain days and changes of the clock. */
static const long long times[] = {
	0, -1, 1000000000, 1700000000, 1710054000, 1711846800, 1719792000, 1730595600, 1729990800, 4102444800,
};

static void show(const struct tm *tm)
{
	char text[64];

	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %z %Z", tm);
	printf("%s %d %d %d", text, tm->tm_wday, tm->tm_yday, tm->tm_isdst);
}

static void around(time_t middle)
{
	int step;

	for (step = -4; step <= 4; step++) {
		time_t time = middle + step * 900, back;
		struct tm tm;

		printf("%lld: ", (long long)time);
		if (!localtime_r(&time, &tm))
			printf("none");
		show(&tm);
		back = mktime(&tm);
		printf(", back %d", back == time);
		tm.tm_isdst = -1;
		tm.tm_mday += 40;
		tm.tm_hour -= 30;
		mktime(&tm);
		printf(", later ");
		show(&tm);
		printf(", %d\n", !strcmp(ctime(&time), asctime(localtime(&time))));
	}
}

int main(void)
{
	size_t i;

	for (i = 0; i < sizeof(times) / sizeof(*times); i++)
		around((time_t)times[i]);
	return 0;
}
