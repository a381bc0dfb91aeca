/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the frames that are not as sent have in common: which bits of the head
 * differ, in which other ways, and what the first ones look like. From that
 * harness/oracle/changes.ts learns whether a program explains it.
 */
#ifndef STACK_CHANGED_H
#define STACK_CHANGED_H

#include "stack_compare.h"

/* Bytes 14 and 15 of a head, in its second word. */
#define BEHIND_ETHERNET	without_first(ETH_HLEN - 8)

/*
 * Loads the head of a frame whose payload is at this byte into the scratch
 * buffer's view, as if it were where its source has it. If it was moved, the
 * first 14 bytes are left out: whatever was put in or taken out is there.
 */
static __noinline int load_view(struct __sk_buff *skb, __u32 at, __u32 sent_at)
{
	__u32 from = at - sent_at + ETH_HLEN, left = skb->len - from, zero = 0;
	struct scratch *buf;
	struct view *view;

	buf = bpf_map_lookup_elem(&scratch, &zero);
	if (!buf)
		return -1;
	view = &buf->view;
	*view = (struct view){};
	if (at == sent_at) {
		left = skb->len;
		if (left > BPFRIG_HEAD)
			left = BPFRIG_HEAD;
		return bpf_skb_load_bytes(skb, 0, view,
					  ((left - 1) & (BPFRIG_HEAD - 1)) + 1);
	}
	if (at + ETH_HLEN < sent_at || from >= skb->len)
		return -1;
	if (left > BPFRIG_HEAD - ETH_HLEN)
		left = BPFRIG_HEAD - ETH_HLEN;
	return bpf_skb_load_bytes(skb, from, (void *)view + ETH_HLEN,
				  ((left - 1) & (BPFRIG_HEAD - 1)) + 1);
}

static __always_inline __u64 view_diff(const struct view *view,
				       const struct bpfrig_source *source,
				       int i, bool moved)
{
	const __u64 *sent = (const void *)source->head;
	const __u64 *mask = (const void *)source->mask;
	__u64 diff = (view->head.words[i] ^ sent[i]) & mask[i];

	if (!moved || i > 1)
		return diff;
	return i ? diff & BEHIND_ETHERNET : 0;
}

/*
 * Adds how the head that is in view differs, which was moved so many bytes, and
 * how the skb does, whose facts are next to it.
 */
__noinline int note_view(__u32 slot, __u32 moved, __u32 ahead)
{
	struct bpfrig_changed *all;
	struct bpfrig_source *source;
	const struct bpfrig_frame *frame;
	struct scratch *buf;
	__u32 zero = 0;
	int i;

	all = bpf_map_lookup_elem(&changed, &zero);
	source = bpf_map_lookup_elem(&sources, &slot);
	buf = bpf_map_lookup_elem(&scratch, &zero);
	if (!all || !source || !buf)
		return 0;
	frame = &buf->view.head.frame;
	for (i = 0; i < BPFRIG_HEAD / 8; i++)
		all->diff[i] |= view_diff(&buf->view, source, i, moved);
	if (tag_differs(buf->facts, source))
		all->why |= BPFRIG_WHY_TAG;
	if (length_differs(buf->facts, source, moved))
		all->why |= BPFRIG_WHY_LENGTH;
	if (place_differs(buf->facts, source))
		all->why |= BPFRIG_WHY_PLACE;
	if (!(source->loose & BPFRIG_LOOSE_SUM) &&
	    !ip_sum_is_right(&buf->view.head))
		all->why |= BPFRIG_WHY_SUM;
	if (source->at == BPFRIG_AT_IP4 &&
	    !port_is_right(frame, source, ahead))
		all->why |= BPFRIG_WHY_TURN;
	if (source->checksum && !udp_sum_is_right(frame, source))
		all->why |= BPFRIG_WHY_UDP_SUM;
	return 0;
}

/* Adds how the head and the skb itself differ. */
OF_SKB int note_head(struct __sk_buff *skb, __u32 slot, __u32 at,
				__u32 ahead)
{
	struct bpfrig_changed *all;
	struct bpfrig_source *source;
	struct scratch *buf;
	__u32 zero = 0;

	all = bpf_map_lookup_elem(&changed, &zero);
	source = bpf_map_lookup_elem(&sources, &slot);
	buf = bpf_map_lookup_elem(&scratch, &zero);
	if (!all || !source || !buf)
		return 0;
	if (load_view(skb, at, source->at)) {
		all->why |= BPFRIG_WHY_SCATTERED;
		return 0;
	}
	buf->facts = facts_of(skb);
	return note_view(slot, at - source->at, ahead);
}

/* Adds whether bytes behind the head differ, and by how much all moved. */
OF_SKB int note_rest(struct __sk_buff *skb, __u32 slot, __u32 at)
{
	struct bpfrig_stack_count *count;
	struct bpfrig_changed *all;
	struct bpfrig_source *source;
	__u32 zero = 0, i, moved, rest;
	__u64 differs;

	all = bpf_map_lookup_elem(&changed, &zero);
	count = bpf_map_lookup_elem(&stack_count, &zero);
	source = bpf_map_lookup_elem(&sources, &slot);
	if (!all || !count || !source)
		return 0;
	moved = at - source->at;
	if (all->samples && all->moved != (__s32)moved)
		all->why |= BPFRIG_WHY_SCATTERED;
	all->moved = moved;
	if (moved)
		all->why |= BPFRIG_WHY_MOVED;
	rest = rest_of(source);
	if (source->rest == BPFRIG_REST_ANY)
		return 0;
	/* What is reported first is the head. */
	differs = count->differs;
	for (i = 0; i < BPFRIG_FRAME_MAX / BLOCK; i++) {
		if (BPFRIG_HEAD + i * BLOCK + moved >= skb->len)
			break;
		if (!block_differs(skb, BPFRIG_HEAD + i * BLOCK, rest, moved))
			continue;
		all->why |= BPFRIG_WHY_REST;
		if (!all->rest || all->rest > count->differs)
			all->rest = count->differs;
		break;
	}
	count->differs = differs;
	return 0;
}

/*
 * Keeps the first ones, which are in the scratch buffer with the skb's facts,
 * and compares the others with the very first.
 */
__noinline int keep_sample(__u32 slot, __u32 at)
{
	struct bpfrig_sample *sample, *first;
	struct bpfrig_changed *all;
	struct scratch *buf;
	__u32 zero = 0, i;

	all = bpf_map_lookup_elem(&changed, &zero);
	buf = bpf_map_lookup_elem(&scratch, &zero);
	if (!all || !buf)
		return 0;
	if (all->samples < BPFRIG_SAMPLES) {
		sample = &all->sample[all->samples & (BPFRIG_SAMPLES - 1)];
		sample->len = buf->facts.len;
		sample->tag = buf->facts.tag;
		sample->at = at;
		sample->slot = slot;
		__builtin_memcpy(sample->bytes, buf->words, BPFRIG_SAMPLE);
		all->samples++;
	}
	first = &all->sample[0];
	if (first->len != buf->facts.len)
		all->why |= BPFRIG_WHY_LENGTHS;
	if (first->tag != buf->facts.tag)
		all->why |= BPFRIG_WHY_SCATTERED;
	for (i = 0; i < BPFRIG_SAMPLE / 8; i++)
		all->vary[i] |= buf->words[i] ^
				((const __u64 *)first->bytes)[i];
	return 0;
}

OF_SKB int note_sample(struct __sk_buff *skb, __u32 slot, __u32 at)
{
	__u32 zero = 0, len = skb->len, i;
	struct scratch *buf;

	buf = bpf_map_lookup_elem(&scratch, &zero);
	if (!buf)
		return 0;
	for (i = 0; i < BPFRIG_SAMPLE / 8; i++)
		buf->words[i] = 0;
	if (len > BPFRIG_SAMPLE)
		len = BPFRIG_SAMPLE;
	if (bpf_skb_load_bytes(skb, 0, buf->words,
			       ((len - 1) & (BPFRIG_SAMPLE - 1)) + 1))
		return 0;
	buf->facts = facts_of(skb);
	return keep_sample(slot, at);
}

/*
 * Notes an skb that is not as sent: its source, where its payload is, and by
 * how much its IP id is ahead.
 */
OF_SKB int note_change(struct __sk_buff *skb, __u32 slot, __u32 at,
			   __u32 ahead)
{
	struct bpfrig_changed *all;
	__u32 zero = 0;

	all = bpf_map_lookup_elem(&changed, &zero);
	if (!all)
		return 0;
	if (skb->gso_segs > 1) {
		all->why |= BPFRIG_WHY_MERGED;
	} else if (slot < BPFRIG_SOURCES) {
		note_head(skb, slot, at, ahead);
		note_rest(skb, slot, at);
	} else {
		all->why |= at ? BPFRIG_WHY_SOURCE : BPFRIG_WHY_UNKNOWN;
	}
	note_sample(skb, slot, at);
	return 0;
}

#endif /* STACK_CHANGED_H */
