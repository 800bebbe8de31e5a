struct place {
	const void *where;
	int port;
};

struct traffic {
	unsigned char kind;
	size_t sent;
	struct {
		unsigned short flags;
		long balance[2];
	} inner;
	unsigned long long received;
	unsigned int last;
};

struct pair {
	int first, second;
};
