/* strtol() and its kin, and searches in strings, over every kind of text: values, ends and errors. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const texts[] = {
	"", " ", "-", "+", "x", "0", "00", "-0", "+0", "7", "-7", "+7", "--7", "- 7", "007", "08", "09",
	"0x", "0X", "0xg", "0x1f", "0XAbC", "-0x10", "0x-1", " \t\n\v\f\r42", "\b42", "42 ", "42abc", "zZ", "1_000",
	"2147483647", "2147483648", "-2147483648", "-2147483649", "4294967295", "4294967296",
	"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
	"18446744073709551615", "18446744073709551616", "-18446744073709551615", "-18446744073709551616",
	"99999999999999999999999999999999999999", "-99999999999999999999999999999999999999",
	"1111111111111111111111111111111111111111111111111111111111111111", "7fffffffffffffff", "8000000000000000",
	"ffffffffffffffff", "10000000000000000", "1y2p0ij32e8e7", "1y2p0ij32e8e8", "3w5e11264sgsf", "3w5e11264sgsg",
};
static const int bases[] = {0, 2, 3, 8, 10, 16, 35, 36};

static void number(const char *text, int base)
{
	char *end;
	long long value;
	unsigned long long plain;

	errno = 0;
	value = strtoll(text, &end, base);
	printf("%lld %td %d", value, end - text, errno == ERANGE);
	errno = 0;
	plain = strtoull(text, &end, base);
	printf(" %llu %td %d", plain, end - text, errno == ERANGE);
	/* A `long` has 32 bits here and 64 there: what fits both. */
	if (value == (int)value)
		printf(" %d %d", (int)strtol(text, NULL, base), (int)strtoul(text, &end, base));
	puts("");
}

static void search(const char *text)
{
	char buffer[24];
	size_t i;

	printf("%zu", strlen(text));
	for (i = 0; i < 4; i++) {
		const char *at = strchr(text, "0x 9"[i]), *in = memchr(text, "0x 9"[i], strlen(text));

		printf(" %td %td", at ? at - text : -1, in ? in - text : -1);
	}
	printf(" %td", strchr(text, '\0') - text);
	memset(buffer, '#', sizeof(buffer));
	strncpy(buffer, text, 20);
	for (i = 0; i < sizeof(buffer); i++)
		putchar(buffer[i] ? buffer[i] : '.');
	puts("");
}

int main(void)
{
	char *end;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		for (size_t k = 0; k < sizeof(bases) / sizeof(*bases); k++)
			number(texts[i], bases[k]);
		search(texts[i]);
	}
	for (int base = -1; base < 40; base++) {
		errno = 0;
		printf("%d ", (int)strtol("11", &end, base));
		printf("%d\n", errno == EINVAL);
	}
	/* The largest of the machine's own `long`. */
	errno = 0;
	printf("%d", strtol("999999999999999999999", NULL, 10) == (long)(~0UL >> 1));
	printf(" %d", strtol("-999999999999999999999", NULL, 10) == -(long)(~0UL >> 1) - 1);
	printf(" %d %d\n", strtoul("999999999999999999999", NULL, 10) == ~0UL, errno == ERANGE);
	return 0;
}
