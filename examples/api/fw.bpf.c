// SPDX-License-Identifier: GPL-2.0
/* A firewall that drops IPv4 packets from the addresses on its list. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __be32);
	__type(value, __u64);	/* packets */
} blocklist SEC(".maps");

const volatile __u32 count_drops = 1;

SEC("xdp")
int filter(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	__u64 *packets;

	if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	packets = bpf_map_lookup_elem(&blocklist, &ip->saddr);
	if (!packets)
		return XDP_PASS;
	if (count_drops)
		__sync_fetch_and_add(packets, 1);
	return XDP_DROP;
}

/* Reads a value that may not be there, which no verifier lets pass. */
SEC("?xdp")
int careless(struct xdp_md *ctx)
{
	__u32 key = ctx->rx_queue_index;
	__u64 *packets = bpf_map_lookup_elem(&blocklist, &key);

	return *packets ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
