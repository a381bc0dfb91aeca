// SPDX-License-Identifier: GPL-2.0
/* Programs that tail-call what a step puts into a table. */
#include "own_frame.h"

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} table SEC(".maps");

__u64 runs;	/* of again */
__u64 missed;	/* calls of by_number that found nothing */

/* Calls itself, where a step puts it into slot 0. */
SEC("xdp")
int again(struct xdp_md *ctx)
{
	__sync_fetch_and_add(&runs, 1);
	bpf_tail_call(ctx, &table, 0);
	return XDP_DROP;
}

/* Slot n % 4 for number n; what is not called is passed. */
SEC("xdp")
int by_number(struct xdp_md *ctx)
{
	__s64 n = number(ctx);

	if (n < 0)
		return XDP_PASS;
	bpf_tail_call(ctx, &table, n & 3);
	__sync_fetch_and_add(&missed, 1);
	return XDP_PASS;
}

/* Slot 7, which the table does not have. */
SEC("xdp")
int beyond(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &table, 7);
	return XDP_PASS;
}

SEC("xdp")
int drop(struct xdp_md *ctx)
{
	return XDP_DROP;
}

/* What is called works on the packet of the caller. */
SEC("xdp")
int shorten(struct xdp_md *ctx)
{
	return bpf_xdp_adjust_tail(ctx, -4) ? XDP_ABORTED : XDP_PASS;
}

SEC("xdp.frags")
int with_frags(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("xdp/devmap")
int for_devmap(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("tc")
int for_tc(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
