/* XDP programs that send packets to a device or processor, where another program sees them. */
#include "kinds.bpf.h"
#include "packet.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bpf_devmap_val);
} devices SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bpf_cpumap_val);
} processors SEC(".maps");

static inline bool is_wanted_packet(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	return udp_port(data + sizeof(struct ethhdr), end) == wanted.value;
}

#define REDIRECT(name, section, map)                                                               \
	SEC(section)                                                                               \
	int name(struct xdp_md *ctx)                                                               \
	{                                                                                          \
		return is_wanted_packet(ctx) ? bpf_redirect_map(&map, 0, 0) : XDP_PASS;            \
	}

REDIRECT(to_device, "xdp", devices)
REDIRECT(to_device_frags, "xdp.frags", devices)
REDIRECT(to_processor, "xdp", processors)
REDIRECT(to_processor_frags, "xdp.frags", processors)

#define ARRIVAL(name, section)                                                                     \
	SEC(section)                                                                               \
	int name(struct xdp_md *ctx)                                                               \
	{                                                                                          \
		if (is_wanted_packet(ctx))                                                         \
			hit((long)ctx->data_end - (long)ctx->data);                                \
		return XDP_DROP;                                                                   \
	}

ARRIVAL(at_device, "xdp/devmap")
ARRIVAL(at_device_frags, "xdp.frags/devmap")
ARRIVAL(at_processor, "xdp/cpumap")
ARRIVAL(at_processor_frags, "xdp.frags/cpumap")
