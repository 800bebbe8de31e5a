/* One outgoing TCP connection, from connect() to the answer. */
#ifndef TCPCONNLAT_H
#define TCPCONNLAT_H

#define TASK_COMM_LEN 16

struct event {
	int pid; /* of who called connect() */
	char comm[TASK_COMM_LEN];
	unsigned family; /* 4 or 6 */
	unsigned char local[16];
	unsigned char remote[16];
	unsigned remote_port;
	_Bool refused;
	unsigned long long latency_ns;
};

#endif
