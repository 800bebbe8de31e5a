/*
 * A producer that works alike for a native program and a guest: when this
 * process updates a map, which takes one bpf(2), the program attached to that
 * system call sends `events` events before it goes on. A map update of any
 * other process is left alone.
 */
#ifndef TRIGGER_BPF_H
#define TRIGGER_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "event.h"

#define MAX_EVENTS 1000

char LICENSE[] SEC("license") = "GPL";

/* The map to update. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, unsigned);
	__type(value, unsigned);
} trigger SEC(".maps");

const volatile int process = 0;
unsigned events = 0;
unsigned long long sent = 0;

/* /sys/kernel/tracing/events/syscalls/sys_enter_bpf/format */
struct enter_bpf {
	unsigned long long common;
	long number;
	unsigned long command;
};

static inline unsigned wanted(const struct enter_bpf *call)
{
	if (call->command != BPF_MAP_UPDATE_ELEM || (int)(bpf_get_current_pid_tgid() >> 32) != process)
		return 0;
	return events;
}

static inline void number(struct event *event)
{
	__builtin_memset(event, 0, sizeof(*event));
	event->words[0] = sent;
	event->words[EVENT_WORDS - 1] = ~sent;
	sent++;
}

#endif
