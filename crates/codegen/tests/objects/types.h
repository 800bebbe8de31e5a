/* Types with everything that makes a layout hard, for a BPF object. */
struct list {
	struct list *next;
	void (*release)(struct list *, int);
};

typedef struct {
	int counter;
} counter_t;

typedef enum { SMALL_A, SMALL_B } __attribute__((packed)) small_t;

enum wide { WIDE_LOW = 1, WIDE_HIGH = 0x123456789abcULL };
enum negative { NEGATIVE = -3, POSITIVE = 4 };

struct empty {};

struct packed {
	char tag;
	long value;
	struct list *where;
	unsigned short tail;
} __attribute__((packed));

struct half_packed {
	char tag;
	struct packed inner;
	int plain;
} __attribute__((packed, aligned(4)));

struct over_aligned {
	int first;
	int second __attribute__((aligned(64)));
	char last;
} __attribute__((aligned(128)));

struct bits {
	unsigned int a : 3;
	unsigned int : 0;
	unsigned int b : 5;
	unsigned long c : 33;
	long d : 40;
	_Bool e : 1;
	unsigned char f : 7;
	enum negative g : 4;
	int after;
	unsigned short h : 9;
	unsigned short : 3;
	unsigned short i : 4;
};

struct packed_bits {
	unsigned int a : 7;
	unsigned int b : 30;
	char c;
	unsigned long d : 55;
} __attribute__((packed));

struct words {
	int class;
	int class_;
	int new, private, operator, this, bool_;
	unsigned long namespace : 3;
};

/* Named as C++ reserves. */
struct template {
	struct words words;
};

union either {
	char bytes[5];
	struct {
		long number;
		union {
			int left;
			struct { short right, far_right; } nested;
		};
	};
	counter_t counter;
} ;

union padded {
	char byte;
} __attribute__((aligned(16)));

struct everything {
	long number;
	unsigned long size;
	const volatile long *pointer;
	_Bool flag;
	char name[16];
	signed char matrix[3][5];
	struct empty nothing;
	small_t small;
	enum wide wide;
	enum { INLINE_A = 7, INLINE_B } inline_enum;
	float single;
	double twice;
	__int128 huge;
	struct over_aligned aligned;
	struct half_packed half;
	struct bits bits[2];
	struct packed_bits packed_bits;
	struct template template;
	union either either;
	union padded padded;
	struct {
		char c;
		struct { long deep; int deeper[2]; } inner;
		int (*call)(void);
	} anonymous;
	struct list *lists[4];
	int (*functions[2])(long);
	int flexible[];
};
