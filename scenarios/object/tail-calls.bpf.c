// SPDX-License-Identifier: GPL-2.0
/* Programs that tail-call others, by a table that is filled from outside, and by one that the object fills itself. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct bpf_cpumap_val);
} cpus SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} steps SEC(".maps");

int finish(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, sizeof(__u32));
	__array(values, int (struct xdp_md *));
} filled SEC(".maps") = {
	.values = { [0] = (void *)&finish },
};

SEC("xdp")
int by_step(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &steps, 0);
	return XDP_ABORTED;
}

SEC("xdp")
int by_object(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &filled, 0);
	return XDP_ABORTED;
}

SEC("xdp")
int finish(struct xdp_md *ctx)
{
	return bpf_redirect_map(&cpus, 2, XDP_PASS);
}

char LICENSE[] SEC("license") = "GPL";
