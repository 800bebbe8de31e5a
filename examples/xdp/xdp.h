/* What is counted for a protocol. */
#ifndef XDP_H
#define XDP_H

/* The number of an IP protocol, then one for what is not IP. */
#define NOT_IP 256
#define PROTOCOLS 257

struct counter {
	unsigned long long packets;
	unsigned long long bytes;
};

#endif
