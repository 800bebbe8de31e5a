/* Shared by the BPF object and its user. */
#define NAME_LEN 16

enum mode { MODE_OFF, MODE_ON };

struct event {
	int pid;
	unsigned int cpu;
	unsigned long long total_vm;
	char comm[NAME_LEN];
};

typedef struct {
	int x;
	long long y;
} pair_t;
