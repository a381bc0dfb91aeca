// SPDX-License-Identifier: GPL-2.0
/* The verifier refuses these, with a line that is known. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

static long step(__u32 i, void *data)
{
	return 0;
}

/* Linux 5.17 has bpf_loop(). */
SEC("xdp")
int since_5_17(struct xdp_md *ctx)
{
	return bpf_loop(4, step, NULL, 0) == 4 ? XDP_PASS : XDP_DROP;
}

/* No kernel has a field there. */
SEC("xdp")
int beyond_ctx(struct xdp_md *ctx)
{
	return *(volatile __u32 *)((void *)ctx + 100);
}

char _license[] SEC("license") = "GPL";
