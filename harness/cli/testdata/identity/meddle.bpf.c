// SPDX-License-Identifier: GPL-2.0
/* Redirects into a cpumap, and changes some packets on the way. */
#include "own_frame.h"

struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct bpf_cpumap_val);
} cpus SEC(".maps");

volatile const __u32 at;	/* flip_one: the byte that it changes */

#define VICTIM	500		/* number of the packet that is changed */
#define TO_CPU	2

struct tag {
	__u16 tci;
	__u16 ethertype;
};

static __always_inline int deliver(void)
{
	return bpf_redirect_map(&cpus, TO_CPU, 0);
}

static __always_inline void flip(struct xdp_md *ctx, __u32 offset)
{
	__u8 *byte = (void *)(long)ctx->data + (offset & 0xff);

	if ((void *)(byte + 1) <= (void *)(long)ctx->data_end)
		*byte ^= 0xff;
}

/*
 * Changes byte n of the packet with number n. Left out are the bytes by which
 * the packet is known, and the number itself.
 */
SEC("xdp")
int flip_each(struct xdp_md *ctx)
{
	struct bpfrig_frame *frame = ours(ctx);
	__u32 seq;

	if (!frame)
		return XDP_PASS;
	seq = bpf_ntohl(frame->seq);
	if (seq >= 200 || (seq >= 12 && seq <= 14) || seq == 23 || seq == 36 ||
	    seq == 37 || (seq >= 42 && seq < 50))
		return deliver();
	flip(ctx, seq);
	return deliver();
}

SEC("xdp")
int flip_one(struct xdp_md *ctx)
{
	struct bpfrig_frame *frame = ours(ctx);

	if (frame && bpf_ntohl(frame->seq) == VICTIM)
		flip(ctx, at);
	return frame ? deliver() : XDP_PASS;
}

/* One packet comes a second time, in the place of the next one. */
SEC("xdp")
int repeat_one(struct xdp_md *ctx)
{
	struct bpfrig_frame *frame = ours(ctx);

	if (frame && bpf_ntohl(frame->seq) == VICTIM + 1)
		frame->seq = bpf_htonl(VICTIM);
	return frame ? deliver() : XDP_PASS;
}

/* Two packets change places. */
SEC("xdp")
int swap_two(struct xdp_md *ctx)
{
	struct bpfrig_frame *frame = ours(ctx);
	__u32 seq;

	if (!frame)
		return XDP_PASS;
	seq = bpf_ntohl(frame->seq);
	if (seq == VICTIM)
		frame->seq = bpf_htonl(VICTIM + 1);
	if (seq == VICTIM + 1)
		frame->seq = bpf_htonl(VICTIM);
	return deliver();
}

/* One packet gets a number that was not sent. */
SEC("xdp")
int invent_one(struct xdp_md *ctx)
{
	struct bpfrig_frame *frame = ours(ctx);

	if (frame && bpf_ntohl(frame->seq) == VICTIM)
		frame->seq = bpf_htonl(1000000);
	return frame ? deliver() : XDP_PASS;
}

/* One packet gets a VLAN tag. */
SEC("xdp")
int tag_one(struct xdp_md *ctx)
{
	struct bpfrig_frame *frame = ours(ctx);
	struct ethhdr *eth, old;
	struct tag *tag;

	if (!frame)
		return XDP_PASS;
	if (bpf_ntohl(frame->seq) != VICTIM)
		return deliver();
	__builtin_memcpy(&old, frame, sizeof(old));
	if (bpf_xdp_adjust_head(ctx, -(int)sizeof(*tag)))
		return XDP_ABORTED;
	eth = (void *)(long)ctx->data;
	tag = (void *)(eth + 1);
	if ((void *)(tag + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	tag->tci = bpf_htons(100);
	tag->ethertype = old.h_proto;
	old.h_proto = bpf_htons(ETH_P_8021Q);
	__builtin_memcpy(eth, &old, sizeof(old));
	return deliver();
}

/* Every packet loses its VLAN tag. */
SEC("xdp")
int untag(struct xdp_md *ctx)
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
	return deliver();
}

/* Gives each packet another destination. */
SEC("xdp")
int nat(struct xdp_md *ctx)
{
	struct bpfrig_frame *frame = ours(ctx);

	if (!frame)
		return XDP_PASS;
	frame->dst_ip = bpf_htonl(0xc6120163);
	return deliver();
}

/* Puts four bytes in before each packet's addresses. */
SEC("xdp")
int longer(struct xdp_md *ctx)
{
	__u32 *first;

	if (bpf_xdp_adjust_head(ctx, -4))
		return XDP_ABORTED;
	first = (void *)(long)ctx->data;
	if ((void *)(first + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	*first = 0x02020202;
	return deliver();
}

/* Of an entry: changes a byte of the 500th packet, or loses it. */
__u32 meddled;

SEC("xdp/cpumap")
int meddle_later(struct xdp_md *ctx)
{
	__u8 *data = (void *)(long)ctx->data;

	if (++meddled != VICTIM)
		return XDP_PASS;
	if (data + 21 > (__u8 *)(long)ctx->data_end)
		return XDP_DROP;
	data[20] ^= 0xff;
	return XDP_PASS;
}

SEC("xdp/cpumap")
int lose_later(struct xdp_md *ctx)
{
	return ++meddled == VICTIM ? XDP_DROP : XDP_PASS;
}

/* Passes everything, with its tag. */
SEC("xdp")
int forward(struct xdp_md *ctx)
{
	return deliver();
}

char LICENSE[] SEC("license") = "GPL";
