// SPDX-License-Identifier: GPL-2.0
/* A dispatcher with places for other programs, as libxdp makes them. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct bpf_cpumap_val);
} cpus SEC(".maps");

__u64 runs;

__attribute__((noinline))
int slot0(struct xdp_md *ctx)
{
	volatile int ret = XDP_PASS;

	if (!ctx)
		return XDP_ABORTED;
	return ret;
}

__attribute__((noinline))
int slot1(struct xdp_md *ctx)
{
	volatile int ret = XDP_PASS;

	if (!ctx)
		return XDP_ABORTED;
	return ret;
}

/* Each place decides until one does not pass. */
SEC("xdp")
int dispatch(struct xdp_md *ctx)
{
	int ret = slot0(ctx);

	return ret == XDP_PASS ? slot1(ctx) : ret;
}

SEC("freplace/slot0")
int steer(struct xdp_md *ctx)
{
	return bpf_redirect_map(&cpus, 2, XDP_PASS);
}

SEC("freplace")
int count_all(struct xdp_md *ctx)
{
	__sync_fetch_and_add(&runs, 1);
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
