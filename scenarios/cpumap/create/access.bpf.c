// SPDX-License-Identifier: GPL-2.0
/* A program may use a cpumap only for redirects. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct bpf_cpumap_val);
} cpus SEC(".maps");

SEC("xdp")
int may_redirect(struct xdp_md *ctx)
{
	return bpf_redirect_map(&cpus, 0, 0);
}

SEC("xdp")
int may_not_look_up(struct xdp_md *ctx)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&cpus, &key) ? XDP_PASS : XDP_DROP;
}

SEC("xdp")
int may_not_update(struct xdp_md *ctx)
{
	struct bpf_cpumap_val value = { .qsize = 8 };
	__u32 key = 0;

	return bpf_map_update_elem(&cpus, &key, &value, 0) ? XDP_PASS :
							     XDP_DROP;
}

SEC("xdp")
int may_not_delete(struct xdp_md *ctx)
{
	__u32 key = 0;

	return bpf_map_delete_elem(&cpus, &key) ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
