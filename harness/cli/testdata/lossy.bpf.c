// SPDX-License-Identifier: GPL-2.0
/* A program with a fault: it loses one packet in a hundred, and says nothing. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct bpf_cpumap_val);
} cpus SEC(".maps");

volatile const __u32 cpu;
__u64 seen;

SEC("xdp")
int lossy_redirect(struct xdp_md *ctx)
{
	if (++seen % 100 == 0)
		return XDP_DROP;
	return bpf_redirect_map(&cpus, cpu, 0);
}

char LICENSE[] SEC("license") = "GPL";
