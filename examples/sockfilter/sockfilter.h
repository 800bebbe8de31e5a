#ifndef SOCKFILTER_H
#define SOCKFILTER_H

/* A packet of UDP or TCP over IPv4. Addresses and ports are in network byte order. */
struct packet {
	unsigned int source;
	unsigned int destination;
	unsigned short source_port;
	unsigned short destination_port;
	unsigned int length; /* of the IP packet, in bytes */
	unsigned int interface;
	unsigned char protocol;
	unsigned char direction; /* PACKET_HOST, PACKET_OUTGOING, ... */
};

#endif
