/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames that do not have their number where bpfrig's own senders put it: what
 * a kernel sends by itself, IPv6, and what a program made longer or shorter.
 * Whatever is not positively known to be somebody else's was sent by a source.
 */
#ifndef STACK_OTHER_H
#define STACK_OTHER_H

#include <linux/in6.h>
#include "stack_changed.h"
#include "stack_described.h"

static __always_inline void log_arrival(struct __sk_buff *skb,
					struct bpfrig_stack_count *count,
					__u16 port, __u32 seq)
{
	__u32 slot = bpf_get_smp_processor_id() * BPFRIG_ARRIVALS +
		     count->skbs;
	struct bpfrig_arrival *arrival;

	if (count->skbs++ >= BPFRIG_ARRIVALS)
		return;
	arrival = bpf_map_lookup_elem(&arrivals, &slot);
	if (!arrival)
		return;
	arrival->seq = seq;
	arrival->src_port = port;
	arrival->len = skb->len;
}

static __always_inline __u8 byte_at(struct __sk_buff *skb, __u32 at)
{
	__u8 byte = 0;

	return bpf_skb_load_bytes(skb, at, &byte, 1) ? 0 : byte;
}

static __always_inline __u32 kind_of_ip4(struct __sk_buff *skb)
{
	__u8 protocol = byte_at(skb, 23), type;

	if (protocol == IPPROTO_IGMP)
		return BPFRIG_KIND_IGMP;
	if (protocol != IPPROTO_ICMP)
		return 0;
	/* linux/icmp.h cannot be included here: 3 to 5, 11 and 12 are errors. */
	type = byte_at(skb, ETH_HLEN + 4 * (byte_at(skb, 14) & 15));
	return (type >= 3 && type <= 5) || type == 11 || type == 12 ?
		BPFRIG_KIND_ERROR : 0;
}

static __always_inline __u32 kind_of_ip6(struct __sk_buff *skb)
{
	__u8 next = byte_at(skb, 20), type;
	__u32 at = 54;

	/* MLD has a hop-by-hop option, of eight bytes. */
	if (next == IPPROTO_HOPOPTS) {
		next = byte_at(skb, at);
		at += 8;
	}
	if (next != IPPROTO_ICMPV6)
		return 0;
	type = byte_at(skb, at);
	/* Of ICMPv6, 1 to 4 are. */
	if (type >= 1 && type <= 4)
		return BPFRIG_KIND_ERROR;
	/* Queries and reports of MLD, router and neighbour discovery, MLDv2. */
	if ((type >= 130 && type <= 137) || type == 143)
		return BPFRIG_KIND_NEIGHBOUR;
	return 0;
}

/* What a kernel sends by itself: harness/guest/frame-kind.ts knows the same. */
static __always_inline __u32 kind_of(struct __sk_buff *skb)
{
	if (skb->vlan_present)
		return 0;
	switch (skb->protocol) {
	case bpf_htons(ETH_P_ARP):
	case bpf_htons(ETH_P_RARP):
		return BPFRIG_KIND_ARP;
	case bpf_htons(ETH_P_IP):
		return kind_of_ip4(skb);
	case bpf_htons(ETH_P_IPV6):
		return kind_of_ip6(skb);
	default:
		return 0;
	}
}

/* The magic is looked for behind IP and UDP headers, but no further. */
#define MAGIC_FROM	28
#define MAGIC_TO	254
#define MAGIC_WINDOW	256

/* Where the magic is in so many bytes of the scratch buffer; 0: nowhere. */
__noinline int magic_at(__u32 len)
{
	const __u16 magic[] = { bpf_htons(BPFRIG_MAGIC >> 16),
				bpf_htons(BPFRIG_MAGIC & 0xffff) };
	__u32 zero = 0, i;
	struct scratch *buf;
	__u16 *half;

	buf = bpf_map_lookup_elem(&scratch, &zero);
	if (!buf)
		return 0;
	half = (void *)buf->words;
	for (i = MAGIC_FROM / 2; i < MAGIC_TO / 2; i++)
		if (half[i] == magic[0] && half[i + 1] == magic[1])
			/* Behind the frame are bytes of an earlier one. */
			return 2 * i + 8 <= len ? 2 * i : 0;
	return 0;
}

/* Where the payload is; 0: nowhere. */
OF_SKB int payload_at(struct __sk_buff *skb)
{
	__u32 len = skb->len, zero = 0;
	struct scratch *buf;

	buf = bpf_map_lookup_elem(&scratch, &zero);
	if (!buf)
		return 0;
	if (len > MAGIC_WINDOW)
		len = MAGIC_WINDOW;
	if (bpf_skb_load_bytes(skb, 0, buf->words,
			       ((len - 1) & (MAGIC_WINDOW - 1)) + 1))
		return 0;
	return magic_at(len);
}

/* The end of a UDP frame's headers, and the begin of its payload. */
struct around {
	__u16 src_port;
	__u16 dst_port;
	__u16 len;
	__u16 csum;
	__u32 magic;
	__u32 seq;
};

/* Whether a head that is in view, and was moved, is not this source's. */
__noinline int other_view(__u32 slot, __u32 moved)
{
	struct bpfrig_source *source;
	struct scratch *buf;
	__u32 zero = 0;
	__u64 diff = 0;
	int i;

	source = bpf_map_lookup_elem(&sources, &slot);
	buf = bpf_map_lookup_elem(&scratch, &zero);
	if (!source || !buf)
		return 1;
	for (i = 0; i < BPFRIG_HEAD / 8; i++)
		diff |= view_diff(&buf->view, source, i, moved);
	return any_bit(diff);
}

/* Whether a frame has another head than this source's, as far as it shows. */
OF_SKB int view_differs(struct __sk_buff *skb, __u32 slot, __u32 at)
{
	struct bpfrig_source *source;

	source = bpf_map_lookup_elem(&sources, &slot);
	if (!source || load_view(skb, at, source->at))
		return 1;
	return other_view(slot, at - source->at);
}

/* The first slot from this one on whose source sends from a port. */
__noinline int next_sender(__u32 port, __u32 from)
{
	struct bpfrig_source *one;
	__u32 slot, i;

	for (i = 0; i < BPFRIG_SOURCES; i++) {
		slot = i;
		one = bpf_map_lookup_elem(&sources, &slot);
		if (!one || !one->len)
			break;
		if (i >= from && sends_from(one, port))
			return i;
	}
	return BPFRIG_SOURCES;
}

/*
 * The source of a frame whose payload is at this byte: of those that send from
 * its port the one that sends such a head, else the only one.
 */
OF_SKB int moved_slot(struct __sk_buff *skb, __u32 at, __u32 port)
{
	__u32 first = next_sender(port, 0), slot = first, i;

	for (i = 0; i < BPFRIG_SOURCES; i++) {
		if (slot >= BPFRIG_SOURCES)
			break;
		if (!view_differs(skb, slot, at))
			return slot;
		slot = next_sender(port, slot + 1);
	}
	/* Of two that send from this port it could be either. */
	return i == 1 ? first : BPFRIG_SOURCES;
}

/* An IPv6 frame that is where its source has it: is it as sent? */
OF_SKB int six_differs(struct __sk_buff *skb, __u32 slot)
{
	struct bpfrig_source *source;
	struct scratch *buf;
	__u32 zero = 0;

	source = bpf_map_lookup_elem(&sources, &slot);
	buf = bpf_map_lookup_elem(&scratch, &zero);
	if (!source || !buf || load_view(skb, source->at, source->at))
		return differs_at(BPFRIG_DIFFERS_LENGTH);
	if (head_differs(&buf->view.head, source))
		return 1;
	if (facts_differ(facts_of(skb), source))
		return 1;
	if (source->rest == BPFRIG_REST_ANY)
		return 0;
	return rest_differs(skb, rest_of(source));
}

/* Counts the number of a frame that has one; returns 0 for any other frame. */
OF_SKB int count_moved(struct __sk_buff *skb, __u32 at)
{
	struct bpfrig_stack_count *count;
	struct bpfrig_source *source;
	struct around around = {};
	__u32 zero = 0, slot;
	__u16 port;

	count = bpf_map_lookup_elem(&stack_count, &zero);
	if (!count || bpf_skb_load_bytes(skb, at - 8, &around, sizeof(around)))
		return 0;
	port = bpf_ntohs(around.src_port);
	slot = moved_slot(skb, at, port);
	source = bpf_map_lookup_elem(&sources, &slot);
	if (!source)
		return 0;
	count_number(count, source, flow_of(port), port,
		     bpf_ntohl(around.seq));
	log_arrival(skb, count, port, bpf_ntohl(around.seq));
	if (at != source->at)
		differs_at(BPFRIG_DIFFERS_MOVED);
	else if (!six_differs(skb, slot))
		return count->exact++, 1;
	note_change(skb, slot, at, 0);
	return 1;
}

/* Counts an skb that has no number where it should be. */
OF_SKB int count_other(struct __sk_buff *skb)
{
	__u32 segs = skb->gso_segs ?: 1, zero = 0, at = 0;
	struct bpfrig_stack_count *count;

	count = bpf_map_lookup_elem(&stack_count, &zero);
	if (!count)
		return 0;
	if (kind_of(skb) & ~setup.kinds) {
		count->foreign += segs;
		count->foreign_bytes += skb->len;
		return 0;
	}
	count->frames += segs;
	count->bytes += skb->len;
	if (segs == 1)
		at = payload_at(skb);
	if (at && count_moved(skb, at))
		return 0;
	count->unnumbered++;
	count->strange += segs;
	if (segs > 1)
		count->merged++;
	differs_at(BPFRIG_DIFFERS_UNKNOWN);
	if (setup.described)
		note_stranger(skb);
	note_change(skb, BPFRIG_SOURCES, 0, 0);
	return 0;
}

#endif /* STACK_OTHER_H */
