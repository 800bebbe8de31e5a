/* A connection that was made, or measured. */
#ifndef SOCKOPS_H
#define SOCKOPS_H

enum kind { ACTIVE, PASSIVE, RTT };

struct event {
	unsigned kind;
	unsigned family; /* 4 or 6 */
	unsigned char local[16];
	unsigned char remote[16];
	unsigned local_port;
	unsigned remote_port;
	unsigned connect_us; /* from connect() to the answer; ACTIVE only */
	unsigned rtt_us;     /* smoothed */
};

#endif
