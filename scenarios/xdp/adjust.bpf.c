// SPDX-License-Identifier: GPL-2.0
/* Programs that move the ends of a packet, and how far these can be moved. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_helpers.h>

#define STEP 8		/* by which the programs for traffic move an end */
#define MOST_STEPS 300

volatile const __s32 by;	/* of head, tail, meta */
volatile const __s32 then;	/* of meta_then_head: the head's */

/* These return 0, or the errno. */
SEC("xdp")
int head(struct xdp_md *ctx)
{
	return -bpf_xdp_adjust_head(ctx, by);
}

SEC("xdp")
int tail(struct xdp_md *ctx)
{
	return -bpf_xdp_adjust_tail(ctx, by);
}

/* Bytes that were cut off are zeroes when the packet grows again. */
SEC("xdp")
int tail_and_back(struct xdp_md *ctx)
{
	long err = bpf_xdp_adjust_tail(ctx, -STEP);

	return -(err ? err : bpf_xdp_adjust_tail(ctx, STEP));
}

SEC("xdp")
int meta(struct xdp_md *ctx)
{
	return -bpf_xdp_adjust_meta(ctx, by);
}

/* The metadata goes with the head: returns its length after both. */
SEC("xdp")
int meta_then_head(struct xdp_md *ctx)
{
	long err = bpf_xdp_adjust_meta(ctx, by);

	if (!err)
		err = bpf_xdp_adjust_head(ctx, then);
	return err ? 1000 - err : ctx->data - ctx->data_meta;
}

/* Returns the bytes by which the head can grow. */
SEC("xdp")
int headroom(struct xdp_md *ctx)
{
	int i;

	for (i = 0; i < MOST_STEPS; i++)
		if (bpf_xdp_adjust_head(ctx, -1))
			break;
	return i;
}

/* A gap of STEP zeroes behind the Ethernet header. */
SEC("xdp")
int grow_head(struct xdp_md *ctx)
{
	unsigned char *data, *end, i;

	if (bpf_xdp_adjust_head(ctx, -STEP))
		return XDP_ABORTED;
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	if (data + ETH_HLEN + STEP > end)
		return XDP_ABORTED;
	for (i = 0; i < ETH_HLEN; i++)
		data[i] = data[i + STEP];
	__builtin_memset(data + ETH_HLEN, 0, STEP);
	return XDP_PASS;
}

/* Without the STEP bytes behind the Ethernet header. */
SEC("xdp")
int shrink_head(struct xdp_md *ctx)
{
	unsigned char *data = (void *)(long)ctx->data;
	unsigned char *end = (void *)(long)ctx->data_end;
	int i;

	if (data + ETH_HLEN + STEP > end)
		return XDP_ABORTED;
	for (i = ETH_HLEN - 1; i >= 0; i--)
		data[i + STEP] = data[i];
	return bpf_xdp_adjust_head(ctx, STEP) ? XDP_ABORTED : XDP_PASS;
}

SEC("xdp")
int grow_tail(struct xdp_md *ctx)
{
	return bpf_xdp_adjust_tail(ctx, STEP) ? XDP_ABORTED : XDP_PASS;
}

SEC("xdp")
int shrink_tail(struct xdp_md *ctx)
{
	return bpf_xdp_adjust_tail(ctx, -STEP) ? XDP_ABORTED : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
