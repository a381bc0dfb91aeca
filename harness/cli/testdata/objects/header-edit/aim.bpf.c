// SPDX-License-Identifier: GPL-2.0
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "target.h"

struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct bpf_cpumap_val);
} cpus SEC(".maps");

SEC("xdp")
int aim(struct xdp_md *ctx)
{
	return bpf_redirect_map(&cpus, TARGET_CPU, XDP_PASS);
}

char _license[] SEC("license") = "GPL";
