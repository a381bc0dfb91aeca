// SPDX-License-Identifier: GPL-2.0
/* Drops one frame of a connection, which TCP then sends again. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

static __u32 frames;

SEC("xdp")
int drop_one(struct xdp_md *ctx)
{
	return __sync_fetch_and_add(&frames, 1) == 20 ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
