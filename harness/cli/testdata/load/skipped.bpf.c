// SPDX-License-Identifier: GPL-2.0
/* Only a loader of their own can load these. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("freplace/slot0")
int replacement(struct xdp_md *ctx)
{
	return XDP_DROP;
}

SEC("my_section")
int untyped(struct xdp_md *ctx)
{
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
