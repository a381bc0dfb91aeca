// SPDX-License-Identifier: GPL-2.0
/* The triggers of scenarios/cve. They treat bpfrig's own frames, and pass others. */
#include "own_frame.h"

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} devs SEC(".maps");

volatile const __u64 flags;	/* of broadcast and broadcast_frags */
volatile const __s32 grow;	/* bytes that adjust_tail adds */

/* The largest rx_queue_index that note_queue has seen. */
__u32 highest_queue;

static __always_inline int to_all(struct xdp_md *ctx)
{
	return ours(ctx) ? bpf_redirect_map(&devs, 0, flags) : XDP_PASS;
}

SEC("xdp")
int redirect(struct xdp_md *ctx)
{
	return to_all(ctx);
}

SEC("xdp")
int broadcast(struct xdp_md *ctx)
{
	return to_all(ctx);
}

SEC("xdp.frags")
int broadcast_frags(struct xdp_md *ctx)
{
	return to_all(ctx);
}

SEC("xdp.frags")
int drop_frags(struct xdp_md *ctx)
{
	return XDP_DROP;
}

SEC("xdp.frags")
int adjust_tail(struct xdp_md *ctx)
{
	if (ours(ctx) && bpf_xdp_adjust_tail(ctx, grow))
		return XDP_ABORTED;
	return XDP_PASS;
}

SEC("xdp.frags")
int pass_frags(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("xdp")
int pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("xdp/cpumap")
int note_queue(struct xdp_md *ctx)
{
	if (ctx->rx_queue_index > highest_queue)
		highest_queue = ctx->rx_queue_index;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
