// SPDX-License-Identifier: GPL-2.0
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "steer-maps.h"

SEC("xdp")
int steer(struct xdp_md *ctx)
{
	return bpf_redirect_map(&cpu_map, 2, XDP_PASS);
}

char _license[] SEC("license") = "GPL";
