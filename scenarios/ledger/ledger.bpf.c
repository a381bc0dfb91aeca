// SPDX-License-Identifier: GPL-2.0
/* Programs that change packets, or send them through a cpumap as they are. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct bpf_cpumap_val);
} cpus SEC(".maps");

#define TO_CPU	2

struct label {
	__u8 addresses[12];
	__be16 ethertype;
	__be32 label;
} __attribute__((packed));

struct tag {
	__be16 tci;
	__be16 ethertype;
};

/* Each packet to a CPU. */
SEC("xdp")
int forward(struct xdp_md *ctx)
{
	return bpf_redirect_map(&cpus, TO_CPU, 0);
}

/* IPv6 to a CPU, all else to the stack. */
SEC("xdp")
int six(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;

	if ((void *)(eth + 1) > (void *)(long)ctx->data_end ||
	    eth->h_proto != bpf_htons(ETH_P_IPV6))
		return XDP_PASS;
	return bpf_redirect_map(&cpus, TO_CPU, XDP_PASS);
}

/* Takes the VLAN tag out. */
SEC("xdp")
int strip(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data, old;
	struct tag *tag = (void *)(eth + 1);

	if ((void *)(tag + 1) > (void *)(long)ctx->data_end ||
	    eth->h_proto != bpf_htons(ETH_P_8021Q))
		return XDP_PASS;
	__builtin_memcpy(&old, eth, sizeof(old));
	old.h_proto = tag->ethertype;
	if (bpf_xdp_adjust_head(ctx, sizeof(*tag)))
		return XDP_ABORTED;
	eth = (void *)(long)ctx->data;
	if ((void *)(eth + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	__builtin_memcpy(eth, &old, sizeof(old));
	return bpf_redirect_map(&cpus, TO_CPU, XDP_PASS);
}

/* Gives another destination, and leaves the checksum wrong. */
SEC("xdp")
int nat(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);

	if ((void *)(ip + 1) > (void *)(long)ctx->data_end)
		return XDP_DROP;
	ip->daddr = bpf_htonl(0xc6120163);	/* 198.18.1.99 */
	return bpf_redirect_map(&cpus, TO_CPU, XDP_PASS);
}

/* Puts an MPLS label between the addresses and what was behind the type. */
SEC("xdp")
int push4(struct xdp_md *ctx)
{
	struct label *label;
	__u8 *from;
	int i;

	if (bpf_xdp_adjust_head(ctx, -(int)sizeof(label->label)))
		return XDP_ABORTED;
	label = (void *)(long)ctx->data;
	from = (void *)(long)ctx->data;
	if ((void *)(label + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	for (i = 0; i < ETH_ALEN * 2; i++)
		label->addresses[i] = from[i + sizeof(label->label)];
	label->ethertype = bpf_htons(ETH_P_MPLS_UC);
	label->label = bpf_htonl(0x00014140);
	return bpf_redirect_map(&cpus, TO_CPU, XDP_PASS);
}

char LICENSE[] SEC("license") = "GPL";
