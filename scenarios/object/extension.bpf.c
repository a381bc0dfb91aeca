// SPDX-License-Identifier: GPL-2.0
/* A dispatcher with a place for another program, and one that takes it. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

__attribute__((noinline))
int slot(struct xdp_md *ctx)
{
	volatile int ret = XDP_PASS;

	if (!ctx)
		return XDP_ABORTED;
	return ret;
}

SEC("xdp")
int dispatch(struct xdp_md *ctx)
{
	return slot(ctx);
}

SEC("freplace/slot")
int replace(struct xdp_md *ctx)
{
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
