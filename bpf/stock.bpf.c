// SPDX-License-Identifier: GPL-2.0
/*
 * The stock programs of the scenarios. redirect_to_cpu redirects every frame
 * into a cpumap. The other main programs look into bpfrig's own frames, redirect
 * these, and pass all other packets to the stack. The entry_*
 * programs belong to a cpumap entry and run on the remote CPU. A scenario sets
 * the "volatile const" variables with "config", and binds the maps. A map that
 * it does not bind has one empty entry, so that every kernel creates it,
 * however few CPUs the kernel is built for.
 */
#include "own_frame.h"

struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bpf_cpumap_val);
} cpus SEC(".maps");

/* Targets of an entry's program. The scenario binds these maps. */
struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bpf_cpumap_val);
} next SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} devs SEC(".maps");

volatile const __u32 cpu;	/* key of the entry, for redirect_to_cpu */
volatile const __u64 flags;	/* its flags: the action without an entry */
volatile const __u32 cpu_a;	/* entry for even ports or numbers, queue 0 */
volatile const __u32 cpu_b;	/* entry for odd ones, and other queues */
volatile const __u32 every = 2;	/* entry_drop_every: drop every Nth frame */
volatile const __u32 next_cpu;	/* entry for entry_redirect_next */
volatile const __u32 verdicts;	/* entry_by_number: one per hex digit */

/* Number of frames that redirect_numbered* programs have numbered. */
static __u32 numbered;

#define NO_SUCH_DEVICE	0x7ffffff0

SEC("xdp")
int redirect_to_cpu(struct xdp_md *ctx)
{
	return bpf_redirect_map(&cpus, cpu, flags);
}

SEC("xdp")
int redirect_by_flow(struct xdp_md *ctx)
{
	const struct bpfrig_frame *frame = ours(ctx);
	bool odd;

	if (!frame)
		return XDP_PASS;
	odd = bpf_ntohs(frame->src_port) & 1;
	return bpf_redirect_map(&cpus, odd ? cpu_b : cpu_a, 0);
}

SEC("xdp")
int redirect_by_seq(struct xdp_md *ctx)
{
	const struct bpfrig_frame *frame = ours(ctx);
	bool odd;

	if (!frame)
		return XDP_PASS;
	odd = bpf_ntohl(frame->seq) & 1;
	return bpf_redirect_map(&cpus, odd ? cpu_b : cpu_a, 0);
}

/* One entry for queue 0, the other entry for all other queues. */
SEC("xdp")
int redirect_by_queue(struct xdp_md *ctx)
{
	if (!ours(ctx))
		return XDP_PASS;
	return bpf_redirect_map(&cpus, ctx->rx_queue_index ? cpu_b : cpu_a, 0);
}

/* Writes a number into each frame, because all live frames are equal. */
SEC("xdp")
int redirect_numbered(struct xdp_md *ctx)
{
	struct bpfrig_frame *frame = ours(ctx);

	if (!frame)
		return XDP_PASS;
	frame->seq = bpf_htonl(numbered++);
	return bpf_redirect_map(&cpus, cpu, flags);
}

SEC("xdp")
int redirect_numbered_by_seq(struct xdp_md *ctx)
{
	struct bpfrig_frame *frame = ours(ctx);
	bool odd;

	if (!frame)
		return XDP_PASS;
	odd = numbered & 1;
	frame->seq = bpf_htonl(numbered++);
	return bpf_redirect_map(&cpus, odd ? cpu_b : cpu_a, 0);
}

/* The place in the frame for the ifindex, or NULL if the frame is too short. */
static __always_inline __u32 *note(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;

	if (data + BPFRIG_NOTE_AT + sizeof(__u32) > end)
		return NULL;
	return data + BPFRIG_NOTE_AT;
}

/* Writes the receiving device into the frame, for entry_check_note. */
SEC("xdp")
int redirect_noted(struct xdp_md *ctx)
{
	__u32 *where = note(ctx);

	if (!ours(ctx) || !where)
		return XDP_PASS;
	*where = ctx->ingress_ifindex;
	return bpf_redirect_map(&cpus, cpu, 0);
}

/* Writes the frame's number as metadata. */
SEC("xdp")
int redirect_with_meta(struct xdp_md *ctx)
{
	const struct bpfrig_frame *frame = ours(ctx);

	if (!frame)
		return XDP_PASS;
	if (put_meta(ctx, frame->seq))
		return XDP_ABORTED;
	return bpf_redirect_map(&cpus, cpu, 0);
}

/* Adds four bytes in front of the frame, which entry_pop removes. */
SEC("xdp")
int redirect_pushed(struct xdp_md *ctx)
{
	if (!ours(ctx))
		return XDP_PASS;
	if (push_word(ctx, bpf_htonl(BPFRIG_PATTERN)))
		return XDP_ABORTED;
	return bpf_redirect_map(&cpus, cpu, 0);
}

SEC("xdp")
int xdp_pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("xdp")
int xdp_drop_all(struct xdp_md *ctx)
{
	return XDP_DROP;
}

SEC("xdp/cpumap")
int entry_pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("xdp/cpumap")
int entry_drop(struct xdp_md *ctx)
{
	return XDP_DROP;
}

SEC("xdp/cpumap")
int entry_drop_odd(struct xdp_md *ctx)
{
	const struct bpfrig_frame *frame = ours(ctx);

	return frame && bpf_ntohl(frame->seq) & 1 ? XDP_DROP : XDP_PASS;
}

SEC("xdp/cpumap")
int entry_drop_every(struct xdp_md *ctx)
{
	const struct bpfrig_frame *frame = ours(ctx);

	/* In BPF, modulo by 0 is not a fault but returns the dividend. */
	return frame && bpf_ntohl(frame->seq) % every == 0 ? XDP_DROP :
							     XDP_PASS;
}

SEC("xdp/cpumap")
int entry_aborted(struct xdp_md *ctx)
{
	return XDP_ABORTED;
}

SEC("xdp/cpumap")
int entry_tx(struct xdp_md *ctx)
{
	return XDP_TX;
}

SEC("xdp/cpumap")
int entry_unknown(struct xdp_md *ctx)
{
	return 7;
}

/* The verdict for number n is hex digit n % 8, from the left. */
SEC("xdp/cpumap")
int entry_by_number(struct xdp_md *ctx)
{
	const struct bpfrig_frame *frame = ours(ctx);
	__u32 digit;

	if (!frame)
		return XDP_PASS;
	digit = verdict_of(verdicts, bpf_ntohl(frame->seq));
	/* No device has this ifindex, so the redirect fails. */
	if (digit == XDP_REDIRECT)
		return bpf_redirect(NO_SUCH_DEVICE, 0);
	return digit;
}

SEC("xdp/cpumap")
int entry_redirect_nowhere(struct xdp_md *ctx)
{
	return bpf_redirect(NO_SUCH_DEVICE, 0);
}

SEC("xdp/cpumap")
int entry_redirect_dev(struct xdp_md *ctx)
{
	return bpf_redirect_map(&devs, 0, 0);
}

SEC("xdp/cpumap")
int entry_redirect_next(struct xdp_md *ctx)
{
	return bpf_redirect_map(&next, next_cpu, 0);
}

/* Refers to the map that contains the program. */
SEC("xdp/cpumap")
int entry_redirect_same(struct xdp_md *ctx)
{
	return bpf_redirect_map(&cpus, cpu, XDP_PASS);
}

/* Passes a frame with the right context, and drops it otherwise. */
SEC("xdp/cpumap")
int entry_check_note(struct xdp_md *ctx)
{
	__u32 *where = note(ctx);

	return where && *where == ctx->ingress_ifindex &&
			       !ctx->rx_queue_index ?
		       XDP_PASS :
		       XDP_DROP;
}

SEC("xdp/cpumap")
int entry_check_meta(struct xdp_md *ctx)
{
	const struct bpfrig_frame *frame = ours(ctx);

	return frame && has_meta(ctx, frame->seq) ? XDP_PASS : XDP_DROP;
}

SEC("xdp/cpumap")
int entry_pop(struct xdp_md *ctx)
{
	first_word *head = (void *)(long)ctx->data;

	if ((void *)(head + 1) > (void *)(long)ctx->data_end ||
	    *head != bpf_htonl(BPFRIG_PATTERN) ||
	    bpf_xdp_adjust_head(ctx, sizeof(*head)))
		return XDP_DROP;
	return XDP_PASS;
}

SEC("xdp/cpumap")
int entry_trim(struct xdp_md *ctx)
{
	return bpf_xdp_adjust_tail(ctx, -4) ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
