// SPDX-License-Identifier: GPL-2.0
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "mode.h"

SEC("xdp")
int fw(struct xdp_md *ctx)
{
	return MODE == 1 ? PASSED : XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
