/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For XDP programs, those of scenarios too: bpfrig's own frames, and what is
 * done with them everywhere. It includes what such a program needs.
 */
#ifndef BPFRIG_OWN_FRAME_H
#define BPFRIG_OWN_FRAME_H

#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "bpfrig.h"
#include "frame.h"

/* Returns the frame if it is complete and one of ours, otherwise NULL. */
static __always_inline struct bpfrig_frame *ours(struct xdp_md *ctx)
{
	struct bpfrig_frame *frame = (void *)(long)ctx->data;
	const void *end = (void *)(long)ctx->data_end;

	if ((const void *)(frame + 1) > end || !frame_is_ours(frame))
		return NULL;
	return frame;
}

/* Returns the number of a frame of ours, and -1 for any other frame. */
static __always_inline __s64 number(struct xdp_md *ctx)
{
	const struct bpfrig_frame *frame = ours(ctx);

	return frame ? (__s64)bpf_ntohl(frame->seq) : -1;
}

/* Returns the verdict for number n: hex digit n % 8, from the left. */
static __always_inline __u32 verdict_of(__u32 verdicts, __u32 n)
{
	return verdicts >> (28 - 4 * (n & 7)) & 0xf;
}

/* Puts a word before the packet, as its metadata. Returns 0, or not. */
static __always_inline int put_meta(struct xdp_md *ctx, __u32 word)
{
	first_word *meta;

	if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(*meta)))
		return -1;
	meta = (void *)(long)ctx->data_meta;
	if ((void *)(meta + 1) > (void *)(long)ctx->data)
		return -1;
	*meta = word;
	return 0;
}

/* Returns whether the packet's metadata begins with a word. */
static __always_inline bool has_meta(struct xdp_md *ctx, __u32 word)
{
	first_word *meta = (void *)(long)ctx->data_meta;

	return (void *)(meta + 1) <= (void *)(long)ctx->data && *meta == word;
}

/* Makes the packet longer by a word in front. Returns 0, or not. */
static __always_inline int push_word(struct xdp_md *ctx, __u32 word)
{
	first_word *head;

	if (bpf_xdp_adjust_head(ctx, -(int)sizeof(*head)))
		return -1;
	head = (void *)(long)ctx->data;
	if ((void *)(head + 1) > (void *)(long)ctx->data_end)
		return -1;
	*head = word;
	return 0;
}

#endif /* BPFRIG_OWN_FRAME_H */
