/*
 * <netinet/if_ether.h>: frames, as <net/ethernet.h> has them.
 */
#ifndef WASM_BPF_WRAPPED_NETINET_IF_ETHER_H
#define WASM_BPF_WRAPPED_NETINET_IF_ETHER_H

#include <linux/if_ether.h>
#include <net/ethernet.h>

#endif
