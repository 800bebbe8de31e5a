/* Types to print. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

enum color { RED, GREEN = 5, BLUE = -1 };
enum huge { SMALL, LARGE = 1ull << 40 };

struct inner {
	char name[8];
	short numbers[2][3];
	struct inner *next;
};

typedef int (*callback_t)(const struct inner *, void *);

struct outer {
	unsigned int flags : 3, level : 7;
	enum color color;
	enum huge huge;
	union {
		long long number;
		struct {
			float ratio;
			const volatile char *text;
		};
	};
	struct inner inner, more[2];
	callback_t callback;
	_Bool done;
	unsigned char bytes[4];
} __attribute__((packed));

struct outer sample = {};
int counter = 0;

SEC("raw_tp/sys_enter")
int program(void *ctx)
{
	return sample.done + counter;
}
