// SPDX-License-Identifier: GPL-2.0
/* Puts a mark in front of each frame, for the programs that come after it. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "mark.h"

SUMS(marker_sums);

SEC("xdp")
int marker(struct xdp_md *ctx)
{
	__u32 *meta;

	if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(*meta)))
		return XDP_PASS;
	meta = (void *)(long)ctx->data_meta;
	if ((void *)(meta + 1) > (void *)(long)ctx->data)
		return XDP_PASS;
	*meta = MARK;
	count(&marker_sums, 0);
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
