// SPDX-License-Identifier: GPL-2.0
/* Maps of sockets. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} queues SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} socks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__uint(max_entries, 4);
	__type(key, __u64);
	__type(value, __u64);
} socks_by_name SEC(".maps");

/* Whether there is a socket for the queue that the packet came by. */
SEC("xdp")
int has_socket(struct xdp_md *ctx)
{
	__u32 queue = ctx->rx_queue_index;

	return bpf_map_lookup_elem(&queues, &queue) ? XDP_TX : XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
