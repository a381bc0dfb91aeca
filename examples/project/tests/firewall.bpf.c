// SPDX-License-Identifier: GPL-2.0
/*
 * The program under test, a small firewall: drops IPv4 packets from addresses
 * of a list, and counts what it drops and what it passes. Replace it with your
 * own program.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

enum { PASSED, DROPPED, OUTCOMES };

struct counter {
	__u64 packets;
	__u64 bytes;
};

/* A scenario fills it: step `fill`. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __be32);
	__type(value, __u8);
} blocklist SEC(".maps");

/* A scenario reads it: `maps.firewall.stats[1].sum().packets`. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, OUTCOMES);
	__type(key, __u32);
	__type(value, struct counter);
} stats SEC(".maps");

static __always_inline int outcome(struct xdp_md *ctx, __u32 which, int action)
{
	struct counter *counter = bpf_map_lookup_elem(&stats, &which);

	if (counter) {
		counter->packets++;
		counter->bytes += ctx->data_end - ctx->data;
	}
	return action;
}

SEC("xdp")
int filter(struct xdp_md *ctx)
{
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);

	if ((void *)(ip + 1) > data_end || eth->h_proto != bpf_htons(ETH_P_IP))
		return outcome(ctx, PASSED, XDP_PASS);
	if (bpf_map_lookup_elem(&blocklist, &ip->saddr))
		return outcome(ctx, DROPPED, XDP_DROP);
	return outcome(ctx, PASSED, XDP_PASS);
}

char LICENSE[] SEC("license") = "GPL";
