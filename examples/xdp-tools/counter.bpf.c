// SPDX-License-Identifier: GPL-2.0
/* Counts frames, and those of them that have a mark. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "mark.h"

SUMS(counter_sums);

SEC("xdp")
int counter(struct xdp_md *ctx)
{
	const __u32 *meta = (void *)(long)ctx->data_meta;

	count(&counter_sums, (void *)(meta + 1) <= (void *)(long)ctx->data &&
			     *meta == MARK);
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
