// SPDX-License-Identifier: GPL-2.0
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct bpf_cpumap_val);
} cpus SEC(".maps");
volatile const __u32 cpu;
SEC("xdp")
int spin_main(struct xdp_md *ctx)
{
	char *p = (void *)(long)ctx->data;
	if (p[100000] == 1) return XDP_DROP;
	return bpf_redirect_map(&cpus, cpu, 0);
}
char LICENSE[] SEC("license") = "GPL";
