// SPDX-License-Identifier: GPL-2.0
/* The verifier refuses these, with a line that is known. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* Linux 6.1 has bpf_ktime_get_tai_ns(). */
SEC("xdp")
int since_6_1(struct xdp_md *ctx)
{
	return bpf_ktime_get_tai_ns() ? XDP_PASS : XDP_DROP;
}

/* No kernel has a field there. */
SEC("xdp")
int beyond_ctx(struct xdp_md *ctx)
{
	return *(volatile __u32 *)((void *)ctx + 100);
}

char _license[] SEC("license") = "GPL";
