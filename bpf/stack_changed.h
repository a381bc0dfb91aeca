/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the frames that are not as sent have in common: which bits of the head
 * differ, in which other ways, and what the first ones look like. From that
 * harness/oracle/changes.ts learns whether a program explains it.
 */
#ifndef STACK_CHANGED_H
#define STACK_CHANGED_H

#include "stack_compare.h"

/* With room for a load whose bounds the verifier takes from a mask. */
struct view {
	union head head;
	__u8 slack[ETH_HLEN];
};

/* Bytes 14 and 15 of a head, in its second word. */
#define BEHIND_ETHERNET	without_first(ETH_HLEN - 8)

/*
 * Loads the head of a frame whose payload is at this byte, as if it were where
 * its source has it. If it was moved, the first 14 bytes are left out: whatever
 * was put in or taken out is there.
 */
static __noinline int load_view(struct __sk_buff *skb, struct view *view,
				__u32 at, __u32 sent_at)
{
	__u32 from = at - sent_at + ETH_HLEN, left = skb->len - from;

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

/* Adds how the head and the skb itself differ. */
__noinline int note_head(struct __sk_buff *skb, __u32 slot, __u32 at,
			 __u32 ahead)
{
	struct bpfrig_changed *all;
	struct bpfrig_source *source;
	struct view view = {};
	__u32 zero = 0, moved;
	int i;

	all = bpf_map_lookup_elem(&changed, &zero);
	source = bpf_map_lookup_elem(&sources, &slot);
	if (!all || !source)
		return 0;
	moved = at - source->at;
	if (load_view(skb, &view, at, source->at)) {
		all->why |= BPFRIG_WHY_SCATTERED;
		return 0;
	}
	for (i = 0; i < BPFRIG_HEAD / 8; i++)
		all->diff[i] |= view_diff(&view, source, i, moved);
	if (!(source->loose & BPFRIG_LOOSE_TAG) && tag_of(skb) != source->tag)
		all->why |= BPFRIG_WHY_TAG;
	if (!(source->loose & BPFRIG_LOOSE_LENGTH) &&
	    skb->len - moved != source->len)
		all->why |= BPFRIG_WHY_LENGTH;
	if (place_differs(skb, source))
		all->why |= BPFRIG_WHY_PLACE;
	if (!(source->loose & BPFRIG_LOOSE_SUM) &&
	    !ip_sum_is_right(&view.head))
		all->why |= BPFRIG_WHY_SUM;
	if (source->at == BPFRIG_AT_IP4 &&
	    !port_is_right(&view.head.frame, source, ahead))
		all->why |= BPFRIG_WHY_TURN;
	if (source->checksum && !udp_sum_is_right(&view.head.frame, source))
		all->why |= BPFRIG_WHY_UDP_SUM;
	return 0;
}

/* Adds whether bytes behind the head differ, and by how much all moved. */
__noinline int note_rest(struct __sk_buff *skb, __u32 slot, __u32 at)
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
	for (i = 1; i < CHUNKS; i++) {
		if (i * CHUNK + moved >= skb->len)
			break;
		if (!chunk_differs(skb, i * CHUNK, rest, moved))
			continue;
		all->why |= BPFRIG_WHY_REST;
		if (!all->rest || all->rest > count->differs)
			all->rest = count->differs;
		break;
	}
	count->differs = differs;
	return 0;
}

/* Keeps the first ones, and compares the others with the very first. */
__noinline int note_sample(struct __sk_buff *skb, __u32 slot, __u32 at)
{
	struct bpfrig_sample *sample, *first;
	__u32 zero = 0, len = skb->len, i;
	struct bpfrig_changed *all;
	struct scratch *buf;

	all = bpf_map_lookup_elem(&changed, &zero);
	buf = bpf_map_lookup_elem(&scratch, &zero);
	if (!all || !buf)
		return 0;
	for (i = 0; i < BPFRIG_SAMPLE / 8; i++)
		buf->words[i] = 0;
	if (len > BPFRIG_SAMPLE)
		len = BPFRIG_SAMPLE;
	if (bpf_skb_load_bytes(skb, 0, buf,
			       ((len - 1) & (BPFRIG_SAMPLE - 1)) + 1))
		return 0;
	if (all->samples < BPFRIG_SAMPLES) {
		sample = &all->sample[all->samples & (BPFRIG_SAMPLES - 1)];
		sample->len = skb->len;
		sample->tag = tag_of(skb);
		sample->at = at;
		sample->slot = slot;
		__builtin_memcpy(sample->bytes, buf->words, BPFRIG_SAMPLE);
		all->samples++;
	}
	first = &all->sample[0];
	if (first->len != skb->len)
		all->why |= BPFRIG_WHY_LENGTHS;
	if (first->tag != tag_of(skb))
		all->why |= BPFRIG_WHY_SCATTERED;
	for (i = 0; i < BPFRIG_SAMPLE / 8; i++)
		all->vary[i] |= buf->words[i] ^
				((const __u64 *)first->bytes)[i];
	return 0;
}

/*
 * Notes an skb that is not as sent: its source, where its payload is, and by
 * how much its IP id is ahead.
 */
__noinline int note_change(struct __sk_buff *skb, __u32 slot, __u32 at,
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
