// global_read, global_write, array_read: nanoseconds per access to a variable of the BPF side, or to a mapped array, each of
// which is really made.
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "bench.h"
#include "global.h"
#include "global.skel.h"

static volatile unsigned long long *slots;

static unsigned long long read_all(const volatile unsigned long long *slots, unsigned passes)
{
	unsigned long long sum = 0;

	for (unsigned pass = 0; pass < passes; pass++)
		for (unsigned i = 0; i < SLOTS; i++)
			sum += slots[i];
	return sum;
}

static void write_all(unsigned passes, unsigned long long first)
{
	for (unsigned pass = 0; pass < passes; pass++)
		for (unsigned i = 0; i < SLOTS; i++)
			slots[i] = first + i;
}

int main(int argc, char **argv)
{
	unsigned passes = is_short(argc, argv) ? 10 : 10000;
	const unsigned long long once = (unsigned long long)SLOTS * (SLOTS - 1) / 2;
	uint64_t read = UINT64_MAX, mapped = UINT64_MAX, written = UINT64_MAX, start, took;
	const volatile unsigned long long *array;
	struct global_bpf *skel = global_bpf__open();

	must(!!skel, "open the object");
	skel->rodata->process = getpid();
	must(!global_bpf__load(skel), "load the object");
	must(!global_bpf__attach(skel), "attach the program");
	slots = skel->bss->slots;
	array = mmap(NULL, SLOTS * sizeof(*array), PROT_READ, MAP_SHARED, bpf_map__fd(skel->maps.array), 0);
	must(array != MAP_FAILED, "map the array");

	for (unsigned batch = 0; batch < BATCHES; batch++) {
		start = now_ns();
		write_all(passes, batch);
		took = now_ns() - start;
		written = took < written ? took : written;

		/* What was written is what the kernel has, and its answer comes back; the sleep is one of the places where it may. */
		fill(bpf_map__fd(skel->maps.trigger), &skel->bss->events, 1);
		usleep(1);
		must(skel->bss->sum == once + batch * SLOTS, "see the kernel add up what was written");

		start = now_ns();
		must(read_all(slots, passes) == passes * (once + batch * SLOTS), "read what was written");
		took = now_ns() - start;
		read = took < read ? took : read;

		start = now_ns();
		must(read_all(array, passes) == passes * (once + batch * SLOTS), "read what the program copied");
		took = now_ns() - start;
		mapped = took < mapped ? took : mapped;
	}
	report("global_read", (double)read / passes / SLOTS);
	report("global_write", (double)written / passes / SLOTS);
	report("array_read", (double)mapped / passes / SLOTS);
	global_bpf__destroy(skel);
	return 0;
}
