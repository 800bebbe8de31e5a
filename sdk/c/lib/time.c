/*
 * strftime() of the C locale, with glibc's flags and its answers to what is
 * unknown: wasi-libc's asks a locale for each name, and takes twice the code.
 */
#include <stddef.h>
#include <string.h>
#include <time.h>

#define WEAK __attribute__((weak))
#define SMALL __attribute__((noinline))

/* What is written so far, and how many bytes are left, the last for the end; 0: it did not fit. */
struct text {
	char *at;
	size_t room;
};

/* What conversions show: first struct tm's members, in its order. */
enum number {
	SECOND, MINUTE, HOUR, DAY, MONTH, TM_YEAR, WEEKDAY, YEAR_DAY,
	HOUR_12, ISO_WEEKDAY, SUNDAY_WEEK, MONDAY_WEEK, ISO_WEEK, YEAR, ISO_YEAR, NUMBERS
};

/* Digits at least; before them, `pad` is what a flag can change. */
static const struct conversion {
	char name, number, add, digits, pad;
} conversions[] = {
	{ 'd', DAY, 0, 2, '0' },	 { 'e', DAY, 0, 2, '_' },	  { 'g', ISO_YEAR, 0, 2, '0' },
	{ 'G', ISO_YEAR, 0, 1, '0' },	 { 'H', HOUR, 0, 2, '0' },	  { 'I', HOUR_12, 0, 2, '0' },
	{ 'j', YEAR_DAY, 1, 3, '0' },	 { 'k', HOUR, 0, 2, '_' },	  { 'l', HOUR_12, 0, 2, '_' },
	{ 'm', MONTH, 1, 2, '0' },	 { 'M', MINUTE, 0, 2, '0' },	  { 'S', SECOND, 0, 2, '0' },
	{ 'u', ISO_WEEKDAY, 0, 1, '0' }, { 'U', SUNDAY_WEEK, 0, 2, '0' }, { 'V', ISO_WEEK, 0, 2, '0' },
	{ 'w', WEEKDAY, 0, 1, '0' },	 { 'W', MONDAY_WEEK, 0, 2, '0' }, { 'y', YEAR, 0, 2, '0' },
	{ 'Y', YEAR, 0, 1, '0' },	 { 'C', YEAR, 0, 2, '0' },	  { 's', YEAR, 0, 1, '0' },
};

/* Names of conversions, each with what it stands for. */
static const char formats[] = "c%a %b %e %H:%M:%S %Y\0D%m/%d/%y\0F%Y-%m-%d\0n\n\0r%I:%M:%S %p\0R%H:%M\0"
			      "t\t\0T%H:%M:%S\0x%m/%d/%y\0X%H:%M:%S\0";
static const char names[] = "Sunday\0Monday\0Tuesday\0Wednesday\0Thursday\0Friday\0Saturday\0"
			    "January\0February\0March\0April\0May\0June\0July\0August\0"
			    "September\0October\0November\0December";

SMALL static void put(struct text *to, char byte)
{
	if (to->room > 1) {
		*to->at++ = byte;
		to->room--;
	} else {
		to->room = 0;
	}
}

SMALL static void put_text(struct text *to, const char *text, size_t most)
{
	for (; most && *text; most--)
		put(to, *text++);
}

/* The name of a day, or behind them of a month, or its first `most` letters. */
static void put_name(struct text *to, int number, int first, int count, size_t most)
{
	const char *name = names;

	if (number < 0 || number >= count) {
		put(to, '?');
		return;
	}
	for (first += number; first > 0; first--)
		name += strlen(name) + 1;
	put_text(to, name, most);
}

SMALL static void put_number(struct text *to, long long value, int digits, char pad)
{
	unsigned long long rest = value < 0 ? -(unsigned long long)value : (unsigned long long)value;
	char text[20], *first = text + sizeof(text);
	char sign = value < 0 ? '-' : 0;

	do
		*--first = (char)('0' + rest % 10);
	while (rest /= 10);
	digits -= (int)(text + sizeof(text) - first) + (sign != 0);
	if (sign && pad != '_')
		put(to, sign);
	for (; digits > 0 && pad != '-'; digits--)
		put(to, pad == '_' ? ' ' : '0');
	if (sign && pad == '_')
		put(to, sign);
	put_text(to, first, (size_t)(text + sizeof(text) - first));
}

static int days_of(int year)
{
	return 365 + (year % 4 == 0 && (year % 100 || year % 400 == 0));
}

SMALL static int floor_of(int value, int by)
{
	return value / by - (value % by < 0);
}

/* ISO 8601's weeks are of the year that their Thursday is in. */
static void find_numbers(int *numbers, const struct tm *tm)
{
	int thursday, monday = (tm->tm_wday + 6) % 7;

	memcpy(numbers, tm, (YEAR_DAY + 1) * sizeof(*numbers));
	numbers[HOUR_12] = (tm->tm_hour + 11) % 12 + 1;
	numbers[ISO_WEEKDAY] = monday + 1;
	numbers[SUNDAY_WEEK] = (tm->tm_yday + 7 - tm->tm_wday) / 7;
	numbers[MONDAY_WEEK] = (tm->tm_yday + 7 - monday) / 7;
	numbers[YEAR] = numbers[ISO_YEAR] = tm->tm_year + 1900;
	thursday = tm->tm_yday - monday + 3;
	if (thursday < 0)
		thursday += days_of(--numbers[ISO_YEAR]);
	else if (thursday >= days_of(numbers[YEAR]))
		thursday -= days_of(numbers[ISO_YEAR]++);
	numbers[ISO_WEEK] = thursday / 7 + 1;
}

/* Seconds since 1970. */
static long long seconds_of(const struct tm *tm)
{
	/* Years begin in March here, so that the leap day is the last one; 306 days later it is January. */
	int years = floor_of(tm->tm_mon - 2, 12), month = tm->tm_mon - 2 - 12 * years;
	int day;

	years += tm->tm_year + 1900;
	day = 365 * years + floor_of(years, 4) - floor_of(years, 100) + floor_of(years, 400) +
	      (153 * month + 2) / 5 + tm->tm_mday - 719469;
	return ((day * 24LL + tm->tm_hour) * 60 + tm->tm_min) * 60 + tm->tm_sec - tm->__tm_gmtoff;
}

static void put_all(struct text *to, const char *format, const struct tm *tm);

/* A conversion that is a number; false if this is none. */
static _Bool put_as_number(struct text *to, char name, char pad, int width, const struct tm *tm)
{
	const struct conversion *conversion = conversions;
	int numbers[NUMBERS];
	long long value;

	for (; conversion->name != name; conversion++)
		if (conversion == conversions + sizeof(conversions) / sizeof(*conversions) - 1)
			return 0;
	find_numbers(numbers, tm);
	value = numbers[(int)conversion->number] + conversion->add;
	if (name == 's') {
		value = seconds_of(tm);
		width = 0;
	} else if (name == 'C') {
		value = floor_of((int)value, 100);
	} else if (name == 'y' || name == 'g') {
		value -= 100 * floor_of((int)value, 100);
	}
	put_number(to, value, conversion->digits > width ? conversion->digits : width, pad ? pad : conversion->pad);
	return 1;
}

/* A conversion; false if there is none of this name. */
static _Bool put_one(struct text *to, char name, char pad, int width, const struct tm *tm)
{
	const char *format = formats;
	int minutes = tm->__tm_gmtoff / 60, sign = minutes < 0 ? -1 : 1;

	switch (name) {
	case 'a':
	case 'A':
		put_name(to, tm->tm_wday, 0, 7, name == 'a' ? 3 : 9);
		return 1;
	case 'b':
	case 'B':
	case 'h':
		put_name(to, tm->tm_mon, 7, 12, name == 'B' ? 9 : 3);
		return 1;
	case 'p':
	case 'P':
		put(to, (tm->tm_hour > 11 ? 'P' : 'A') | (name == 'P' ? 0x20 : 0));
		put(to, 'M' | (name == 'P' ? 0x20 : 0));
		return 1;
	case 'z':
		if (tm->tm_isdst < 0)
			return 1;
		put(to, sign < 0 ? '-' : '+');
		minutes *= sign;
		put_number(to, minutes / 60 * 100 + minutes % 60, width > 4 ? width : 4, pad);
		return 1;
	case 'Z':
		put_text(to, tm->__tm_zone ? tm->__tm_zone : "", (size_t)-1);
		return 1;
	case '%':
		put(to, name);
		return 1;
	}
	for (; *format; format += strlen(format) + 1) {
		if (*format == name) {
			put_all(to, format + 1, tm);
			return 1;
		}
	}
	return put_as_number(to, name, pad, width, tm);
}

/* A conversion with its flags and its width, from behind its `%`; what follows it. */
static const char *put_conversion(struct text *to, const char *format, const struct tm *tm)
{
	const char *const start = format;
	char *const first = to->at;
	char pad = 0, other_case = 0, *at;
	_Bool small;
	int length, width = 0;

	for (; *format && strchr("_-0+^#", *format); format++)
		*(*format == '^' || *format == '#' ? &other_case : &pad) = *format;
	for (; *format >= '0' && *format <= '9'; format++)
		width = width < 100000 ? 10 * width + *format - '0' : width;
	if (*format == 'E' || *format == 'O')
		format++;
	if (!*format || !put_one(to, *format, pad, width, tm)) {
		put(to, '%');
		put_text(to, start, (size_t)(format - start) + 1);
		return format + (*format != 0);
	}
	/* `#` makes small letters of what are capitals, and capitals of names. */
	small = other_case == '#' && strchr("pZ", *format);
	if (small || (other_case == '^' && *format != 'P') || (other_case == '#' && strchr("aAbBh", *format)))
		for (at = first; at < to->at; at++)
			if (*at >= (small ? 'A' : 'a') && *at <= (small ? 'Z' : 'z'))
				*at ^= 0x20;
	/* To the right, now that its length is known. */
	length = (int)(to->at - first);
	for (at = to->at; to->room && to->at - first < width;)
		put(to, ' ');
	if (to->room && length < width) {
		memmove(to->at - length, first, (size_t)length);
		memset(first, pad == '0' ? '0' : ' ', (size_t)(width - length));
	}
	return format + 1;
}

static void put_all(struct text *to, const char *format, const struct tm *tm)
{
	while (*format && to->room) {
		if (*format == '%')
			format = put_conversion(to, format + 1, tm);
		else
			put(to, *format++);
	}
}

WEAK size_t strftime(char *restrict to, size_t size, const char *restrict format, const struct tm *restrict tm)
{
	struct text text = { to, size };

	put_all(&text, format, tm);
	if (!text.room)
		return 0;
	*text.at = 0;
	return size - text.room;
}
