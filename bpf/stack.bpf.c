// SPDX-License-Identifier: GPL-2.0
/*
 * Counts what reaches the stack, as a classifier on tc ingress. It compares
 * each frame with what its source sent, counts how often each number or
 * described frame came, and logs the numbers in the order of arrival, in one
 * log per CPU. Most frames have their number where bpfrig's own senders put it,
 * and are compared here; stack_other.h has the rest.
 */
#include "stack_other.h"
#include "frame.h"

/*
 * Compares one payload of an skb that GRO merged, which is in view behind the
 * first frame's headers, and counts its number. Lengths and checksums in those
 * headers are those of all.
 */
__noinline int part_in_view_differs(__u32 slot)
{
	struct bpfrig_stack_count *count;
	struct bpfrig_source *source;
	struct scratch *buf;
	union head *head;
	__u32 zero = 0;
	__u16 port;

	count = bpf_map_lookup_elem(&stack_count, &zero);
	source = bpf_map_lookup_elem(&sources, &slot);
	buf = bpf_map_lookup_elem(&scratch, &zero);
	if (!count || !source || !buf)
		return 0;
	head = &buf->view.head;
	port = bpf_ntohs(head->frame.src_port);
	count_number(count, source, flow_of(port), port,
		     bpf_ntohl(head->frame.seq));
	head->frame.ip_len = *(__u16 *)(source->head + 16);
	head->frame.udp_len = *(__u16 *)(source->head + 38);
	head->frame.udp_csum = *(__u16 *)(source->head + 40);
	return head_differs(head, source);
}

/* As above, of the skb; what it returned is added to the scratch buffer. */
OF_SKB int part_differs(struct __sk_buff *skb, __u32 slot,
				   __u32 part)
{
	struct bpfrig_source *source;
	struct scratch *buf;
	union head *head;
	__u32 zero = 0, at;

	source = bpf_map_lookup_elem(&sources, &slot);
	buf = bpf_map_lookup_elem(&scratch, &zero);
	if (!source || !buf)
		return 0;
	head = &buf->view.head;
	*head = (union head){};
	at = PAYLOAD_AT + part * (source->len - PAYLOAD_AT);
	if (bpf_skb_load_bytes(skb, 0, head, PAYLOAD_AT) ||
	    (bpf_skb_load_bytes(skb, at, &head->frame.magic,
				BPFRIG_HEAD - PAYLOAD_AT) &&
	     bpf_skb_load_bytes(skb, at, &head->frame.magic,
				BPFRIG_PADDING_AT - PAYLOAD_AT)))
		buf->differs |= differs_at(BPFRIG_DIFFERS_LENGTH);
	else
		buf->differs |= part_in_view_differs(slot);
	return 0;
}

/*
 * An skb that GRO merged has the first frame's headers and all payloads. Out of
 * the scratch buffer, a slot and a result are any numbers to the verifier: else
 * it would walk the loop once for each that they can be.
 */
static __always_inline int merged_differs(struct __sk_buff *skb, __u32 slot,
					  const struct bpfrig_source *source)
{
	__u32 segs = skb->gso_segs, payload = source->len - PAYLOAD_AT, i;
	struct scratch *buf;
	__u32 zero = 0;

	buf = bpf_map_lookup_elem(&scratch, &zero);
	if (!buf)
		return 0;
	buf->differs = 0;
	buf->slot = slot;
	barrier();
	slot = buf->slot;
	if (skb->len != PAYLOAD_AT + segs * payload)
		buf->differs = differs_at(BPFRIG_DIFFERS_LENGTH);
	if (tag_of(skb) != source->tag)
		buf->differs = differs_at(BPFRIG_DIFFERS_TAG);
	for (i = 0; i < MERGED_MAX; i++) {
		if (i >= segs)
			break;
		part_differs(skb, slot, i);
	}
	return buf->differs;
}

/* Loads what there is of the head; false if there is no number in it. */
static __always_inline bool load_head(struct __sk_buff *skb, union head *head)
{
	__u32 len = skb->len;

	if (len > BPFRIG_HEAD)
		len = BPFRIG_HEAD;
	/* By a helper: the first bytes can be outside the linear part. */
	if (len < sizeof(head->frame) || bpf_skb_load_bytes(skb, 0, head, len))
		return false;
	return head->frame.magic == bpf_htonl(BPFRIG_MAGIC);
}

static __always_inline bool meta_is_seq(struct __sk_buff *skb, __u32 seq)
{
	first_word *meta = (void *)(long)skb->data_meta;

	return (void *)(meta + 1) <= (void *)(long)skb->data && *meta == seq;
}

/* Compares a frame with its source, and counts its number. */
static __always_inline void compare(struct __sk_buff *skb,
				    struct bpfrig_stack_count *count,
				    const union head *head)
{
	__u16 port = bpf_ntohs(head->frame.src_port), ahead = 0;
	__u32 slot = slot_of(head);
	struct bpfrig_source *source;
	struct bpfrig_flow *flow;
	int differs;

	source = bpf_map_lookup_elem(&sources, &slot);
	if (!source) {
		count->unsent += skb->gso_segs ?: 1;
		count->unclaimed += skb->gso_segs ?: 1;
		differs_at(BPFRIG_DIFFERS_SOURCE);
		note_change(skb, BPFRIG_SOURCES, PAYLOAD_AT, 0);
		return;
	}
	if (skb->gso_segs > 1) {
		differs = merged_differs(skb, slot, source);
	} else {
		flow = flow_of(port);
		ahead = id_ahead(&head->frame, source, flow);
		differs = frame_differs(skb, head, source, ahead);
		count_number(count, source, flow, port,
			     bpf_ntohl(head->frame.seq));
	}
	if (differs) {
		note_change(skb, slot, PAYLOAD_AT, ahead);
		return;
	}
	if (!ahead) {
		count->exact++;
		return;
	}
	count->ahead++;
	if (count->ahead_most < ahead)
		count->ahead_most = ahead;
}

SEC("tc")
int count_ingress(struct __sk_buff *skb)
{
	struct bpfrig_stack_count *count;
	union head head = {};
	__u32 zero = 0;

	count = bpf_map_lookup_elem(&stack_count, &zero);
	if (!count)
		return TC_ACT_UNSPEC;
	if (setup.described && count_described(skb))
		return TC_ACT_UNSPEC;
	if (!load_head(skb, &head)) {
		count_other(skb);
		return TC_ACT_UNSPEC;
	}
	count->frames += skb->gso_segs ?: 1;
	count->bytes += skb->len;
	compare(skb, count, &head);
	if (meta_is_seq(skb, head.frame.seq))
		count->metas++;
	log_arrival(skb, count, bpf_ntohs(head.frame.src_port),
		    bpf_ntohl(head.frame.seq));
	return TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "GPL";
