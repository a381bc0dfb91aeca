// SPDX-License-Identifier: GPL-2.0
/* What a program may do with a devmap: look up and redirect, but not write. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct bpf_devmap_val);
} devs SEC(".maps");

SEC("xdp")
int may_redirect(struct xdp_md *ctx)
{
	return bpf_redirect_map(&devs, 0, 0);
}

/* Returns whether entry 1 is there, and its device the ingress one. */
SEC("xdp")
int may_look_up(struct xdp_md *ctx)
{
	const struct bpf_devmap_val *value;
	__u32 key = 1;

	value = bpf_map_lookup_elem(&devs, &key);
	if (!value)
		return XDP_ABORTED;
	return value->ifindex == ctx->ingress_ifindex ? XDP_PASS : XDP_DROP;
}

SEC("xdp")
int may_not_write(struct xdp_md *ctx)
{
	struct bpf_devmap_val *value;
	__u32 key = 1;

	value = bpf_map_lookup_elem(&devs, &key);
	if (value)
		value->ifindex = 1;
	return XDP_PASS;
}

SEC("xdp")
int may_not_update(struct xdp_md *ctx)
{
	struct bpf_devmap_val value = { .ifindex = 1 };
	__u32 key = 0;

	return bpf_map_update_elem(&devs, &key, &value, 0) ? XDP_PASS :
							     XDP_DROP;
}

SEC("xdp")
int may_not_delete(struct xdp_md *ctx)
{
	__u32 key = 0;

	return bpf_map_delete_elem(&devs, &key) ? XDP_PASS : XDP_DROP;
}

/* Only a program of an entry has a device that transmits. */
SEC("xdp")
int may_not_see_egress(struct xdp_md *ctx)
{
	return ctx->egress_ifindex ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
