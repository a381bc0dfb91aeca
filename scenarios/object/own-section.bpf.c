// SPDX-License-Identifier: GPL-2.0
/* Programs in sections that libbpf does not know: their own loader would set the type. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

__u64 dropped;

SEC("my_filter")
int drop_odd_sizes(struct xdp_md *ctx)
{
	if (!((ctx->data_end - ctx->data) & 1))
		return XDP_PASS;
	dropped++;
	return XDP_DROP;
}

SEC("xdp_entry")
int never_attached(struct xdp_md *ctx)
{
	return XDP_ABORTED;
}

char LICENSE[] SEC("license") = "GPL";
