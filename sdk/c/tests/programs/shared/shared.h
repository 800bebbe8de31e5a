/* As headers of native programs are: with pointers and `long`, and with what only one side looks at. */
#ifndef SHARED_H
#define SHARED_H

/* Only the BPF side lays these out. */
struct call {
	const char *name;
	long number;
};

union place {
	struct {
		unsigned long long at;
		const char *from, *to;
	} move;
	struct call call;
};

#ifdef __bpf__
struct kernel_only {
	void *task;
	int depth;
};
#endif

/* Records of a ring. */
struct middle {
	int number;
	void *task; /* ; { */
	char comm[7];
	size_t length, twice;
	long negative;
	unsigned long more[2];
	short last;
};

/* Of a perf buffer. */
struct ending {
	unsigned long long delta;
	int pid;
	/* private */
	void *entry;
};

/* Values of a map, which come back in records of a ring. */
struct job {
	struct counter *counter;
	const char *name, *const *names;
	int hits;
	const char *notes[3];
	unsigned char step;
	union {
		void *either;
		int or;
	};
	void (*done)(const struct job *job, const char *what);
	long long sum;
	char text[];
};

/* A variable. */
typedef struct {
	long total;
	int calls;
} tally_t;

#endif
