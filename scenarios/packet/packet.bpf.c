// SPDX-License-Identifier: GPL-2.0
/* Counts frames by what they hold, and drops them. */
#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

enum kind {
	OTHER,
	ARP,
	IP4_TCP_SYN,
	IP4_UDP,
	IP4_ICMP,
	IP6_TCP_SYN,
	IP6_UDP,
	FRAGMENT,	/* the first of a packet, or a later one */
	BAD_IP,		/* whose header has a wrong checksum */
	KINDS,
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, KINDS);
	__type(key, __u32);
	__type(value, __u64);
} kinds SEC(".maps");

/* By the number of VLAN tags. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, __u64);
} tags SEC(".maps");

/* UDP frames by the last two bits of their source port. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} flows SEC(".maps");

struct vlan_tag {
	__be16 tci;
	__be16 type;
};


/* The bytes of a frame that have not been looked at. */
struct cursor {
	void *at;
	void *end;
};

static __always_inline void *take(struct cursor *c, __u32 size)
{
	void *at = c->at;

	if (at + size > c->end)
		return NULL;
	c->at = at + size;
	return at;
}

static __always_inline void count(void *map, __u32 key)
{
	__u64 *n = bpf_map_lookup_elem(map, &key);

	if (n)
		__sync_fetch_and_add(n, 1);
}

static __always_inline __be16 skip_tags(struct cursor *c, __be16 type)
{
	struct vlan_tag *tag;
	__u32 n = 0;

#pragma unroll
	for (int i = 0; i < 2; i++) {
		if (type != bpf_htons(ETH_P_8021Q) &&
		    type != bpf_htons(ETH_P_8021AD))
			break;
		tag = take(c, sizeof(*tag));
		if (!tag)
			break;
		type = tag->type;
		n++;
	}
	count(&tags, n);
	return type;
}

static __always_inline enum kind transport(struct cursor *c, __u8 protocol,
					   bool ip6)
{
	struct tcphdr *tcp;
	struct udphdr *udp;

	if (protocol == IPPROTO_ICMP && !ip6)
		return IP4_ICMP;
	if (protocol == IPPROTO_UDP) {
		udp = take(c, sizeof(*udp));
		if (!udp)
			return OTHER;
		count(&flows, bpf_ntohs(udp->source) & 3);
		return ip6 ? IP6_UDP : IP4_UDP;
	}
	if (protocol == IPPROTO_TCP) {
		tcp = take(c, sizeof(*tcp));
		if (tcp && tcp->syn && !tcp->ack)
			return ip6 ? IP6_TCP_SYN : IP4_TCP_SYN;
	}
	return OTHER;
}

static __always_inline enum kind ip4(struct cursor *c)
{
	struct iphdr *ip = take(c, sizeof(*ip));
	__u32 sum = 0;

	if (!ip)
		return OTHER;
	/* Without options: the sum of ten words. */
#pragma unroll
	for (int i = 0; i < 10; i++)
		sum += ((__u16 *)ip)[i];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	if (ip->ihl == 5 && sum != 0xffff)
		return BAD_IP;
	if (ip->frag_off & bpf_htons(0x3fff))
		return FRAGMENT;
	return ip->ihl == 5 ? transport(c, ip->protocol, false) : OTHER;
}

static __always_inline enum kind ip6(struct cursor *c)
{
	struct ipv6hdr *ip = take(c, sizeof(*ip));

	if (!ip)
		return OTHER;
	if (ip->nexthdr == IPPROTO_FRAGMENT)
		return FRAGMENT;
	return transport(c, ip->nexthdr, true);
}

SEC("xdp")
int count_kinds(struct xdp_md *ctx)
{
	struct cursor c = {
		.at = (void *)(long)ctx->data,
		.end = (void *)(long)ctx->data_end,
	};
	struct ethhdr *eth = take(&c, sizeof(*eth));
	enum kind kind = OTHER;
	__be16 type;

	if (!eth)
		return XDP_ABORTED;
	type = skip_tags(&c, eth->h_proto);
	if (type == bpf_htons(ETH_P_ARP))
		kind = ARP;
	else if (type == bpf_htons(ETH_P_IP))
		kind = ip4(&c);
	else if (type == bpf_htons(ETH_P_IPV6))
		kind = ip6(&c);
	count(&kinds, kind);
	return XDP_DROP;
}

/* Back to where it came from. */
SEC("xdp")
int swap_addresses(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	__u8 mac[ETH_ALEN];

	if ((void *)(eth + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	__builtin_memcpy(mac, eth->h_dest, ETH_ALEN);
	__builtin_memcpy(eth->h_dest, eth->h_source, ETH_ALEN);
	__builtin_memcpy(eth->h_source, mac, ETH_ALEN);
	return XDP_TX;
}

/* Sends to port 53, with a checksum that is not corrected. */
SEC("tc")
int to_dns(struct __sk_buff *skb)
{
	__be16 port = bpf_htons(53);

	skb->mark += 1;
	if (bpf_skb_store_bytes(skb, ETH_HLEN + sizeof(struct iphdr) + 2,
				&port, sizeof(port), 0))
		return TC_ACT_SHOT;
	return TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
