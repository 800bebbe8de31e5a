/* 64 bytes: first and last word say which event it is, so that a lost or torn one is noticed. */
#ifndef EVENT_H
#define EVENT_H

#define EVENT_WORDS 8

struct event {
	unsigned long long words[EVENT_WORDS];
};

#endif
