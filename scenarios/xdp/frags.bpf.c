// SPDX-License-Identifier: GPL-2.0
/* Programs for packets in several buffers. Those of section xdp.frags say so. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

volatile const __u32 offset;	/* of load and store */
volatile const __s32 by;	/* of tail */
volatile const __u32 act = XDP_PASS;

__u64 whole;	/* of the last packet: bytes, */
__u64 linear;	/* and those between data and data_end */

static __always_inline int measure(struct xdp_md *ctx)
{
	whole = bpf_xdp_get_buff_len(ctx);
	linear = ctx->data_end - ctx->data;
	return act;
}

SEC("xdp.frags")
int frags_measure(struct xdp_md *ctx)
{
	return measure(ctx);
}

SEC("xdp")
int plain_measure(struct xdp_md *ctx)
{
	return measure(ctx);
}

/* Of four bytes: returns 0x10000, the first and the last of them, or the errno. */
static __always_inline int load_bytes(struct xdp_md *ctx)
{
	__u8 bytes[4] = {};
	long err = bpf_xdp_load_bytes(ctx, offset, bytes, sizeof(bytes));

	if (err)
		return -err;
	return 0x10000 | bytes[0] << 8 | bytes[3];
}

SEC("xdp.frags")
int load(struct xdp_md *ctx)
{
	return load_bytes(ctx);
}

/* Writes de ad be ef, and returns as load what is there then. */
SEC("xdp.frags")
int store(struct xdp_md *ctx)
{
	__u8 bytes[4] = { 0xde, 0xad, 0xbe, 0xef };
	long err = bpf_xdp_store_bytes(ctx, offset, bytes, sizeof(bytes));

	if (err)
		return -err;
	return load_bytes(ctx);
}

/* Returns the errno, or 0x100000 and the bytes of the packet then. */
SEC("xdp.frags")
int tail(struct xdp_md *ctx)
{
	long err = bpf_xdp_adjust_tail(ctx, by);

	if (err)
		return -err;
	return 0x100000 | bpf_xdp_get_buff_len(ctx);
}

/* The same for packets on a device: what is left is passed. */
SEC("xdp.frags")
int shorten(struct xdp_md *ctx)
{
	return bpf_xdp_adjust_tail(ctx, by) ? XDP_ABORTED : measure(ctx);
}

char LICENSE[] SEC("license") = "GPL";
