#ifndef EITHER_BUFFER_H
#define EITHER_BUFFER_H

struct event {
	int pid;
	int number;
};

#endif
