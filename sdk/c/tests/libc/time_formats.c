/* strftime(): every conversion, with flags and widths, for days around the turns of years, and where there is no room. */
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char conversions[] = "aAbBcCdDeFgGhHIjklmMnpPrRsStTuUVwWxXyYZ%";
static const char *const modifiers[] = { "", "_", "-", "0", "^", "#", "3", "12", "_5", "-6", "07", "^11", "_^9" };
static const char *const others[] = {
	"%H:%M:%S", "at %l o'clock on %e %B", "%", "%%%%", "%Q", "%_3q!", "%Ey %Od", "%4%|%5n|%3t|%10c", "%z", "",
};

static void show(const struct tm *tm, const char *format)
{
	char text[256];
	size_t length = strftime(text, sizeof(text), format, tm);

	printf("%s: %zu <%.*s>\n", format, length, (int)length, text);
}

static void show_all(const struct tm *tm)
{
	char format[16];
	size_t i, j;

	for (i = 0; i < sizeof(modifiers) / sizeof(*modifiers); i++) {
		for (j = 0; conversions[j]; j++) {
			snprintf(format, sizeof(format), "%%%s%c", modifiers[i], conversions[j]);
			show(tm, format);
		}
	}
	for (i = 0; i < sizeof(others) / sizeof(*others); i++)
		show(tm, others[i]);
}

/* What fits, and what does not by a byte. */
static void show_room(const struct tm *tm, const char *format)
{
	char text[64];
	size_t room, length;

	for (room = 0; room < 24; room++) {
		memset(text, '.', sizeof(text));
		length = strftime(text, room, format, tm);
		printf("%s in %zu: %zu <%s>\n", format, room, length, length ? text : "");
		printf("untouched: %d\n", text[room] == '.');
	}
}

int main(void)
{
	struct tm odd = { .tm_wday = 9, .tm_mon = 14, .tm_year = 100, .tm_mday = 3, .tm_isdst = -1 };
	int year, day;

	/* The last days of years and the first, on all days of the week, leap years and centuries among them. */
	for (year = 1895; year < 2105; year += year % 100 > 95 ? 1 : 7) {
		for (day = -4; day < 5; day++) {
			struct tm tm = { .tm_year = year - 1900, .tm_mday = day, .tm_hour = 3 * day + 12, .tm_min = day + 5 };
			time_t time = timegm(&tm);

			show_all(localtime_r(&time, &tm));
		}
	}
	for (year = -1; year < 12000; year += 1999) {
		struct tm tm = { .tm_year = year - 1900, .tm_mon = 6, .tm_mday = 9, .tm_wday = 1, .tm_yday = 189 };

		show(&tm, "%Y %C %y %G %g %s %F");
		show(&tm, "%_6Y|%-Y|%06Y|%_4C|%_3y");
	}
	show(&odd, "%a %A %b %B %z");
	odd.tm_wday = odd.tm_mon = 1 << 30;
	show(&odd, "%a %A %b %B");
	odd.tm_wday = odd.tm_mon = -1;
	show(&odd, "%a %A %b %B");
	odd.tm_wday = 3;
	odd.tm_mon = 3;
	show_room(&odd, "%A, %d %B %Y");
	show_room(&odd, "%12H");
	show_room(&odd, "%_12H and");
	return 0;
}
