// SPDX-License-Identifier: GPL-2.0
/* Programs that redirect bpfrig's own frames into an xskmap, and pass others. */
#include "own_frame.h"

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} xsks SEC(".maps");

volatile const __u32 key;	/* the entry of redirect_to_xsk */
volatile const __u64 flags;	/* its flags */

SEC("xdp")
int redirect_to_xsk(struct xdp_md *ctx)
{
	if (number(ctx) < 0)
		return XDP_PASS;
	return bpf_redirect_map(&xsks, key, flags);
}

/* Even numbers into entry 0, odd ones into entry 1. */
SEC("xdp")
int redirect_by_number(struct xdp_md *ctx)
{
	__s64 n = number(ctx);

	if (n < 0)
		return XDP_PASS;
	return bpf_redirect_map(&xsks, n & 1, flags);
}

/* The same where there is a socket, and nothing where there is none. */
SEC("xdp")
int redirect_if_there(struct xdp_md *ctx)
{
	__s64 n = number(ctx);
	__u32 entry = n & 1;

	if (n < 0)
		return XDP_PASS;
	return bpf_map_lookup_elem(&xsks, &entry) ?
		       bpf_redirect_map(&xsks, entry, 0) : XDP_DROP;
}

/* For frames of more than one buffer. */
SEC("xdp.frags")
int redirect_frags(struct xdp_md *ctx)
{
	if (number(ctx) < 0)
		return XDP_PASS;
	return bpf_redirect_map(&xsks, key, flags);
}

char LICENSE[] SEC("license") = "GPL";
