// SPDX-License-Identifier: GPL-2.0
/*
 * The stock programs of the scenarios. The main ones redirect bpfrig's own
 * frames into a cpumap and pass everything else on to the stack; the entry_*
 * ones go into a cpumap entry and run on the remote CPU. "volatile const"
 * variables are a scenario's config.
 */
#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "bpfrig.h"
#include "frame.h"

struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct bpf_cpumap_val);
} cpus SEC(".maps");

volatile const __u32 cpu;	/* the entry of redirect_to_cpu */
volatile const __u64 flags;	/* its flags: the action if there is none */
volatile const __u32 cpu_a;	/* the entry for even ports or numbers */
volatile const __u32 cpu_b;	/* the entry for odd ones */
volatile const __u32 every = 2;	/* entry_drop_every: one in so many */

/* The frame, if it is all there and one of ours. */
static __always_inline const struct bpfrig_frame *ours(struct xdp_md *ctx)
{
	const struct bpfrig_frame *frame = (void *)(long)ctx->data;
	const void *end = (void *)(long)ctx->data_end;

	if ((const void *)(frame + 1) > end || !frame_is_ours(frame))
		return NULL;
	return frame;
}

SEC("xdp")
int redirect_to_cpu(struct xdp_md *ctx)
{
	if (!ours(ctx))
		return XDP_PASS;
	return bpf_redirect_map(&cpus, cpu, flags);
}

SEC("xdp")
int redirect_by_flow(struct xdp_md *ctx)
{
	const struct bpfrig_frame *frame = ours(ctx);
	bool odd;

	if (!frame)
		return XDP_PASS;
	odd = bpf_ntohs(frame->src_port) & 1;
	return bpf_redirect_map(&cpus, odd ? cpu_b : cpu_a, 0);
}

SEC("xdp")
int redirect_by_seq(struct xdp_md *ctx)
{
	const struct bpfrig_frame *frame = ours(ctx);
	bool odd;

	if (!frame)
		return XDP_PASS;
	odd = bpf_ntohl(frame->seq) & 1;
	return bpf_redirect_map(&cpus, odd ? cpu_b : cpu_a, 0);
}

SEC("xdp")
int xdp_pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("xdp")
int xdp_drop_all(struct xdp_md *ctx)
{
	return XDP_DROP;
}

SEC("xdp/cpumap")
int entry_pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("xdp/cpumap")
int entry_drop(struct xdp_md *ctx)
{
	return XDP_DROP;
}

SEC("xdp/cpumap")
int entry_drop_odd(struct xdp_md *ctx)
{
	const struct bpfrig_frame *frame = ours(ctx);

	return frame && bpf_ntohl(frame->seq) & 1 ? XDP_DROP : XDP_PASS;
}

SEC("xdp/cpumap")
int entry_drop_every(struct xdp_md *ctx)
{
	const struct bpfrig_frame *frame = ours(ctx);

	/* BPF's modulo by 0 is no fault but gives the dividend. */
	return frame && bpf_ntohl(frame->seq) % every == 0 ? XDP_DROP :
							     XDP_PASS;
}

SEC("xdp/cpumap")
int entry_aborted(struct xdp_md *ctx)
{
	return XDP_ABORTED;
}

SEC("xdp/cpumap")
int entry_tx(struct xdp_md *ctx)
{
	return XDP_TX;
}

SEC("xdp/cpumap")
int entry_unknown(struct xdp_md *ctx)
{
	return 7;
}

char LICENSE[] SEC("license") = "GPL";
