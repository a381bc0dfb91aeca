// SPDX-License-Identifier: GPL-2.0
/* Programs that return an action, redirect by ifindex, or write metadata. */
#include "own_frame.h"

/* The device of to_device: a step writes its ifindex. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} target SEC(".maps");

volatile const __u32 act = XDP_PASS;	/* of always */
volatile const __u32 verdicts;		/* of by_number: one per hex digit */
volatile const __u64 flags;		/* of to_device */

SEC("xdp")
int always(struct xdp_md *ctx)
{
	return act;
}

/* The verdict for number n is hex digit n % 8, from the left. */
SEC("xdp")
int by_number(struct xdp_md *ctx)
{
	__s64 n = number(ctx);

	return n < 0 ? XDP_PASS : verdict_of(verdicts, n);
}

SEC("xdp")
int to_device(struct xdp_md *ctx)
{
	__u32 zero = 0, *ifindex = bpf_map_lookup_elem(&target, &zero);

	return ifindex ? bpf_redirect(*ifindex, flags) : XDP_ABORTED;
}

/* Back by the device that the frame came in by. */
SEC("xdp")
int to_itself(struct xdp_md *ctx)
{
	return bpf_redirect(ctx->ingress_ifindex, 0);
}

/* The frame's number as metadata of the skb. */
SEC("xdp")
int with_meta(struct xdp_md *ctx)
{
	const struct bpfrig_frame *frame = ours(ctx);

	return frame && put_meta(ctx, frame->seq) ? XDP_ABORTED : XDP_PASS;
}

/* Metadata that is taken back before the packet is passed. */
SEC("xdp")
int without_meta(struct xdp_md *ctx)
{
	if (bpf_xdp_adjust_meta(ctx, -4) || bpf_xdp_adjust_meta(ctx, 4))
		return XDP_ABORTED;
	return XDP_PASS;
}

SEC("xdp/devmap")
int for_devmap(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("xdp/cpumap")
int for_cpumap(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("tc")
int for_tc(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
