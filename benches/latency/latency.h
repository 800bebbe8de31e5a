/* One event: when it was sent. */
#ifndef LATENCY_H
#define LATENCY_H

/* Long enough for the reader to sleep again. */
#define PERIOD_NS 300000

struct stamp {
	unsigned long long sent_ns;
};

#endif
