// SPDX-License-Identifier: GPL-2.0
/* Only a loader of their own can load these. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("freplace/slot0")
int replacement(struct xdp_md *ctx)
{
	return XDP_DROP;
}

/* A socket filter, tc, LWT, cgroup/skb or sk_skb. */
SEC("my_section")
int untyped(struct __sk_buff *skb)
{
	return 0;
}

char _license[] SEC("license") = "GPL";
