// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that redirect bpfrig's own frames into devmaps and pass others, and
 * programs of entries, which run right before the entry's device transmits.
 */
#include "own_frame.h"

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct bpf_devmap_val);
} devs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} more SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct bpf_devmap_val);
} hashed SEC(".maps");

volatile const __u32 key;	/* the entry of redirect_to_dev */
volatile const __u64 flags;	/* its flags */
volatile const __u32 ways = 1;	/* redirect_in_turn: entries 0 to ways - 1 */
volatile const __u32 verdicts;	/* egress_by_number: one per hex digit */
volatile const __u8 mark;	/* egress_mark: last byte of the address */

SEC("xdp")
int redirect_to_dev(struct xdp_md *ctx)
{
	if (number(ctx) < 0)
		return XDP_PASS;
	return bpf_redirect_map(&devs, key, flags);
}

/* The same for frames of several buffers. */
SEC("xdp.frags")
int redirect_frags(struct xdp_md *ctx)
{
	if (number(ctx) < 0)
		return XDP_PASS;
	return bpf_redirect_map(&devs, key, flags);
}

/* Of four frames one goes by map devs and three go by map more. */
SEC("xdp")
int redirect_by_two_maps(struct xdp_md *ctx)
{
	__s64 n = number(ctx);

	if (n < 0)
		return XDP_PASS;
	if (n & 3)
		return bpf_redirect_map(&more, 0, 0);
	return bpf_redirect_map(&devs, 0, 0);
}

static __u32 turn;

/* Live frames are all equal: the program counts them. */
SEC("xdp")
int redirect_in_turn(struct xdp_md *ctx)
{
	if (number(ctx) < 0)
		return XDP_PASS;
	return bpf_redirect_map(&devs, turn++ % ways, flags);
}

/* To the device of the entry, but not by the map. */
SEC("xdp")
int redirect_looked_up(struct xdp_md *ctx)
{
	const struct bpf_devmap_val *value;
	__u32 at = key;

	if (number(ctx) < 0)
		return XDP_PASS;
	value = bpf_map_lookup_elem(&devs, &at);
	if (!value)
		return XDP_PASS;
	return bpf_redirect(value->ifindex, 0);
}

/* Writes the frame's number as metadata. */
SEC("xdp")
int redirect_with_meta(struct xdp_md *ctx)
{
	__s64 n = number(ctx);

	if (n < 0)
		return XDP_PASS;
	if (put_meta(ctx, n))
		return XDP_ABORTED;
	return bpf_redirect_map(&devs, key, flags);
}

SEC("xdp/devmap")
int egress_pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("xdp/devmap")
int egress_drop(struct xdp_md *ctx)
{
	return XDP_DROP;
}

/* The verdict for number n is hex digit n % 8, from the left. */
SEC("xdp/devmap")
int egress_by_number(struct xdp_md *ctx)
{
	__s64 n = number(ctx);

	return n < 0 ? XDP_PASS : verdict_of(verdicts, n);
}

static __u32 egress_turn;

/*
 * Passes every second frame. What it did is in the destination's address:
 * live frames are all equal.
 */
SEC("xdp/devmap")
int egress_every_second(struct xdp_md *ctx)
{
	struct bpfrig_frame *frame = (void *)(long)ctx->data;
	bool pass = egress_turn++ & 1;

	if ((void *)(frame + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	frame->dst_mac[5] = pass ? 0x11 : 0x22;
	return pass ? XDP_PASS : XDP_DROP;
}

/* What the helper says is no verdict for a program of an entry. */
SEC("xdp/devmap")
int egress_redirect(struct xdp_md *ctx)
{
	return bpf_redirect_map(&more, 0, 0);
}

/* What the latest frame's context said, and the number of frames. */
struct {
	__u32 ingress;
	__u32 egress;
	__u32 queue;
	__u32 length;
	__u32 frames;
} context;

SEC("xdp/devmap")
int egress_context(struct xdp_md *ctx)
{
	if (number(ctx) < 0)
		return XDP_DROP;
	context.ingress = ctx->ingress_ifindex;
	context.egress = ctx->egress_ifindex;
	context.queue = ctx->rx_queue_index;
	context.length = ctx->data_end - ctx->data;
	context.frames++;
	return XDP_PASS;
}

/* Writes into the destination's address what tells this entry from others. */
SEC("xdp/devmap")
int egress_mark(struct xdp_md *ctx)
{
	struct bpfrig_frame *frame = (void *)(long)ctx->data;

	if ((void *)(frame + 1) > (void *)(long)ctx->data_end)
		return XDP_DROP;
	frame->dst_mac[5] = mark;
	return XDP_PASS;
}

/* Four bytes more in front, with a pattern in them. */
SEC("xdp/devmap")
int egress_push(struct xdp_md *ctx)
{
	return push_word(ctx, bpf_htonl(BPFRIG_PATTERN)) ? XDP_DROP : XDP_PASS;
}

SEC("xdp/devmap")
int egress_trim(struct xdp_md *ctx)
{
	return bpf_xdp_adjust_tail(ctx, -4) ? XDP_DROP : XDP_PASS;
}

/* Passes a frame with the metadata that the first program wrote. */
SEC("xdp/devmap")
int egress_check_meta(struct xdp_md *ctx)
{
	__s64 n = number(ctx);

	return n >= 0 && has_meta(ctx, n) ? XDP_PASS : XDP_DROP;
}

/* Refers to the map that contains the program. */
SEC("xdp/devmap")
int egress_same(struct xdp_md *ctx)
{
	return bpf_redirect_map(&devs, key, XDP_PASS);
}

char LICENSE[] SEC("license") = "GPL";
