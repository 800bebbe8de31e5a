/*
 * Local time: the host knows the zone (TZ, or /etc/localtime), which WASI's C
 * library cannot read. <time.h> includes this.
 */
#ifndef WASM_BPF_LOCAL_TIME_H
#define WASM_BPF_LOCAL_TIME_H

#include <stdlib.h>
#include <time.h>

#include <wasm_bpf/error.h>
#include <wasm_bpf/import.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Declared by the C library only outside strict modes. */
struct tm *gmtime_r(const time_t *__restrict time, struct tm *__restrict out);
time_t wasm_bpf_libc_mktime(struct tm *tm) __asm__("mktime");
time_t mktime(struct tm *tm) __asm__("wasm_bpf_mktime");

/* local_time's answer. */
struct wasm_bpf_zone {
	int32_t ahead; /* seconds */
	uint32_t summer;
	char name[32];
};

/* Abbreviations that a `struct tm` may point to: they live as long as the program. */
struct wasm_bpf_zone_name {
	struct wasm_bpf_zone_name *next;
	char text[32];
};
WASM_BPF_VARIABLE struct wasm_bpf_zone_name *wasm_bpf_zone_names;

/* The zone's state at a time. 0, or -errno (and errno) for a time that no calendar has. */
WASM_BPF_WEAK int wasm_bpf_zone_at(time_t time, struct wasm_bpf_zone *zone)
{
	int length;

	memset(zone, 0, sizeof(*zone));
	length = wasm_bpf_result(wasm_bpf_v1_local_time(time, zone, offsetof(struct wasm_bpf_zone, name),
							zone->name, sizeof(zone->name) - 1));
	return length < 0 ? length : 0;
}

/* The same text as before for the same name. */
WASM_BPF_WEAK const char *wasm_bpf_zone_text(const char *name)
{
	struct wasm_bpf_zone_name *entry;

	for (entry = wasm_bpf_zone_names; entry; entry = entry->next)
		if (!strcmp(entry->text, name))
			return entry->text;
	entry = (struct wasm_bpf_zone_name *)calloc(1, sizeof(*entry));
	if (!entry)
		return "";
	strncpy(entry->text, name, sizeof(entry->text) - 1);
	entry->next = wasm_bpf_zone_names;
	wasm_bpf_zone_names = entry;
	return entry->text;
}

/* `out`, or NULL with EOVERFLOW. */
WASM_BPF_WEAK struct tm *localtime_r(const time_t *__restrict time, struct tm *__restrict out)
{
	struct wasm_bpf_zone zone;
	time_t shifted;

	if (wasm_bpf_zone_at(*time, &zone))
		return NULL;
	shifted = *time + zone.ahead;
	if (!gmtime_r(&shifted, out))
		return NULL;
	out->tm_isdst = (int)zone.summer;
	out->__tm_gmtoff = zone.ahead;
	out->__tm_zone = wasm_bpf_zone_text(zone.name);
	return out;
}

/* In memory that the next call overwrites. */
WASM_BPF_WEAK struct tm *localtime(const time_t *time)
{
	static struct tm out;

	return localtime_r(time, &out);
}

/* The time of a local date, which is brought into its usual form; -1 for one that cannot be. */
WASM_BPF_WEAK time_t mktime(struct tm *tm)
{
	struct tm date = *tm;
	time_t as_utc = wasm_bpf_libc_mktime(&date), time = 0;
	struct wasm_bpf_zone zone;
	int side, found = 0;

	/* A day before and a day after: the two offsets that may hold around a change of the clock. */
	for (side = -1; side <= 1 && !found; side += 2) {
		if (wasm_bpf_zone_at(as_utc + side * 86400, &zone))
			return -1;
		time_t candidate = as_utc - zone.ahead;
		int32_t ahead = zone.ahead;

		if (wasm_bpf_zone_at(candidate, &zone))
			return -1;
		if (side < 0)
			time = candidate;
		if (zone.ahead == ahead && (tm->tm_isdst < 0 || !tm->tm_isdst == !zone.summer)) {
			time = candidate;
			found = 1;
		}
	}
	return localtime_r(&time, tm) ? time : -1;
}

#ifdef __cplusplus
}
#endif

#endif
