/* SPDX-License-Identifier: GPL-2.0 */
/* Compares a frame with what its source sent, and counts its number. */
#ifndef STACK_COMPARE_H
#define STACK_COMPARE_H

#include "stack_maps.h"

/* Behind IPv6, the head ends within the magic: the number is in the rest. */
#define REST_NUMBER	4
#define BEHIND_NUMBER	without_first(6)

static __always_inline __u32 rest_of(const struct bpfrig_source *source)
{
	return source->rest |
	       (source->at == BPFRIG_AT_IP6 ? REST_NUMBER : 0);
}

/* The scratch buffer holds a whole frame then. */
static __noinline int load_frame(struct __sk_buff *skb, struct scratch *buf)
{
	/* 5.10 forgets the bounds of a length that the compiler spills. */
	__u32 len = skb->len;

	if (!buf || len <= BPFRIG_HEAD)
		return -1;
	/* clang 19 makes one of two comparisons, of a copy without its bounds. */
	barrier_var(len);
	if (len > sizeof(buf->words))
		return -1;
	return bpf_skb_load_bytes(skb, 0, buf->words, len);
}

/*
 * Finds the first other byte in a chunk of the scratch buffer, by its number, of
 * which so many bytes are there. It is at this byte of the frame that was sent.
 * By itself, and by chunks: the verifier of 6.1 walks a loop over a whole block
 * for 600,000 instructions.
 */
__noinline int words_differ(__u32 at, __u32 chunk, __u32 left, __u32 rest)
{
	__u64 pattern = pattern_mask(rest), diff, word;
	__u32 zero = 0, first, k;
	struct scratch *buf;

	buf = bpf_map_lookup_elem(&scratch, &zero);
	if (!buf)
		return 0;
	first = (chunk & (BLOCK_CHUNKS - 1)) * CHUNK_WORDS;
	for (k = 0; k < CHUNK_WORDS; k++) {
		if (8 * k >= left)
			break;
		word = buf->words[first + k];
		if (k == 0 && at == BPFRIG_HEAD && (rest & REST_NUMBER))
			word &= BEHIND_NUMBER;
		diff = word ^ rest_word(at + 8 * k, pattern);
		if (8 * k + 8 > left)
			diff &= without_last(8 * k + 8 - left);
		if (diff)
			return differs_at(1 + at + 8 * k + first_byte(diff));
	}
	return 0;
}

/*
 * As above, of a block of an skb, where it is moved bytes further than in the
 * frame that was sent.
 */
OF_SKB int block_differs(struct __sk_buff *skb, __u32 at,
				    __u32 rest, __u32 moved)
{
	__u32 from = at + moved, left = skb->len - from, zero = 0, i;
	struct scratch *buf;
	int differs = 0;

	if (from >= skb->len)
		return 0;
	buf = bpf_map_lookup_elem(&scratch, &zero);
	if (!buf)
		return 0;
	if (left > BLOCK)
		left = BLOCK;
	/* 5.10 knows the bounds of a length only from a mask. */
	if (bpf_skb_load_bytes(skb, from, buf->words,
			       ((left - 1) & (BLOCK - 1)) + 1))
		return differs_at(BPFRIG_DIFFERS_LENGTH);
	for (i = 0; i < BLOCK_CHUNKS && !differs; i++) {
		if (i * CHUNK >= left)
			break;
		differs = words_differ(at + i * CHUNK, i, left - i * CHUNK,
				       rest);
	}
	return differs;
}

/*
 * The first chunk behind the head that differs in a frame of so many bytes,
 * which is in the scratch buffer; else the one that is not whole.
 */
__noinline int other_chunk(__u32 len, __u32 rest)
{
	__u64 pattern = pattern_mask(rest), diff;
	__u32 zero = 0, i, k;
	struct scratch *buf;

	buf = bpf_map_lookup_elem(&scratch, &zero);
	if (!buf)
		return 0;
	if (rest & REST_NUMBER)
		buf->words[CHUNK_WORDS] &= BEHIND_NUMBER;
	/* Whole chunks: two branches for each. */
	for (i = 1; i < CHUNKS; i++) {
		if (i * CHUNK + CHUNK > len)
			break;
		diff = 0;
		for (k = 0; k < CHUNK_WORDS; k++)
			diff |= buf->words[i * CHUNK_WORDS + k] ^
				rest_word(i * CHUNK + 8 * k, pattern);
		if (any_bit(diff))
			break;
	}
	return i;
}

/* Compares the bytes behind the head. */
OF_SKB int rest_differs(struct __sk_buff *skb, __u32 rest)
{
	struct scratch *buf;
	__u32 zero = 0;

	buf = bpf_map_lookup_elem(&scratch, &zero);
	if (!buf || load_frame(skb, buf))
		return differs_at(BPFRIG_DIFFERS_LENGTH);
	return block_differs(skb, other_chunk(skb->len, rest) * CHUNK, rest,
			     0);
}

/* Whether the head is not the source's, in the bytes that it states. */
static __always_inline bool other_head(const union head *head,
				       const struct bpfrig_source *source)
{
	const __u64 *sent = (const void *)source->head;
	const __u64 *mask = (const void *)source->mask;
	__u64 diff = 0;
	int i;

	for (i = 0; i < BPFRIG_HEAD / 8; i++)
		diff |= (head->words[i] ^ sent[i]) & mask[i];
	return any_bit(diff);
}

static __noinline int head_differs(const union head *head,
				   const struct bpfrig_source *source)
{
	const __u64 *sent = (const void *)source->head;
	const __u64 *mask = (const void *)source->mask;
	int i;

	if (!other_head(head, source))
		return 0;
	for (i = 0; i < BPFRIG_HEAD / 8; i++) {
		__u64 diff = (head->words[i] ^ sent[i]) & mask[i];

		if (diff)
			return differs_at(1 + 8 * i + first_byte(diff));
	}
	return 0;
}

static __always_inline bool sends_from(const struct bpfrig_source *source,
				       __u16 port)
{
	return source->loose & BPFRIG_LOOSE_PORT ||
	       (__u16)(port - source->port) <
		       (__u32)source->flows * source->threads;
}

/*
 * The slot of a frame's source: of those that send from its port the one that
 * sends such a head, else the last one; BPFRIG_SOURCES when there is none.
 */
static __noinline __u32 slot_of(const union head *head)
{
	__u16 port = bpf_ntohs(head->frame.src_port);
	__u32 found = BPFRIG_SOURCES, slot;
	struct bpfrig_source *one;
	int i;

	for (i = 0; i < BPFRIG_SOURCES; i++) {
		slot = i;
		one = bpf_map_lookup_elem(&sources, &slot);
		if (!one || !one->len)
			break;
		if (one->at != BPFRIG_AT_IP4 || !sends_from(one, port))
			continue;
		found = i;
		if (!other_head(head, one))
			break;
	}
	return found;
}

/* With a correct IPv4 checksum, the sum of the header is all ones. */
static __always_inline bool ip_sum_is_right(const union head *head)
{
	__u32 sum = 0;
	int i;

	for (i = 0; i < 10; i++)
		sum += head->halves[IP_AT_HALVES + i];
	return fold(sum) == 0xffff;
}

/*
 * The checksum as a device would complete it, or as a sender leaves it to one
 * that offers to: the sum of the pseudo header (CHECKSUM_PARTIAL). All bytes
 * but the port and the number are the source's: source->sum has their sum.
 */
static __always_inline bool udp_sum_is_right(const struct bpfrig_frame *frame,
					     const struct bpfrig_source *source)
{
	__u32 seq = bpf_ntohl(frame->seq), sum;
	__u16 is = bpf_ntohs(frame->udp_csum);

	sum = source->sum + bpf_ntohs(frame->src_port) + (seq >> 16) +
	      (seq & 0xffff);
	sum = ~fold(fold(sum)) & 0xffff;
	return is == source->pseudo || is == (sum ?: 0xffff);
}

/* The place of a flow on this CPU; NULL where there is none. */
static __always_inline struct bpfrig_flow *flow_of(__u16 port)
{
	__u16 flow = port - BPFRIG_SPORT;
	__u32 slot = bpf_get_smp_processor_id() * BPFRIG_FLOWS + flow;

	return flow < BPFRIG_FLOWS ? bpf_map_lookup_elem(&flows, &slot) : NULL;
}

/* By how much the IP id is not what the source would have written. */
static __always_inline __u16 id_ahead(const struct bpfrig_frame *frame,
				      const struct bpfrig_source *source,
				      struct bpfrig_flow *flow)
{
	__u32 seq = bpf_ntohl(frame->seq);
	__u16 id = bpf_ntohs(frame->ip_id);

	if (source->ids == BPFRIG_IDS_COUNT)
		return id - (seq - source->first);
	if (source->ids != BPFRIG_IDS_FLOW || !flow)
		return 0;
	id -= seq / source->flows;
	if (!flow->known) {
		flow->id = id;
		flow->known = 1;
	}
	return id - flow->id;
}

/* The flow whose turn it was: pktgen takes turns with the frames it made. */
static __always_inline bool port_is_right(const struct bpfrig_frame *frame,
					  const struct bpfrig_source *source,
					  __u16 ahead)
{
	__u32 seq = bpf_ntohl(frame->seq);
	__u16 turn = bpf_ntohs(frame->src_port) - source->port;

	if (source->ids == BPFRIG_IDS_COUNT)
		seq += ahead;
	return source->loose & (BPFRIG_LOOSE_PORT | BPFRIG_LOOSE_TURN) ||
	       turn % source->flows == seq % source->flows;
}

static __always_inline struct facts facts_of(struct __sk_buff *skb)
{
	return (struct facts){
		.len = skb->len,
		.tag = tag_of(skb),
		.ifindex = skb->ifindex,
		.protocol = skb->protocol,
	};
}

static __always_inline bool tag_differs(struct facts facts,
					const struct bpfrig_source *source)
{
	return !(source->loose & BPFRIG_LOOSE_TAG) && facts.tag != source->tag;
}

static __always_inline bool length_differs(struct facts facts,
					   const struct bpfrig_source *source,
					   __u32 moved)
{
	return !(source->loose & BPFRIG_LOOSE_LENGTH) &&
	       facts.len - moved != source->len;
}

static __always_inline bool place_differs(struct facts facts,
					  const struct bpfrig_source *source)
{
	return facts.ifindex != device.ifindex ||
	       facts.protocol != *(const __u16 *)(source->head + 12);
}

/* Whether an skb is not what its source's frame is, apart from its bytes. */
static __always_inline int facts_differ(struct facts facts,
					const struct bpfrig_source *source)
{
	if (tag_differs(facts, source))
		return differs_at(BPFRIG_DIFFERS_TAG);
	if (length_differs(facts, source, 0))
		return differs_at(BPFRIG_DIFFERS_LENGTH);
	if (place_differs(facts, source))
		return differs_at(BPFRIG_DIFFERS_PLACE);
	return 0;
}

/* Whether a frame is not byte for byte as sent, but for its IP id. */
static __always_inline int frame_differs(struct __sk_buff *skb,
					 const union head *head,
					 const struct bpfrig_source *source,
					 __u16 ahead)
{
	if (head_differs(head, source))
		return 1;
	if (facts_differ(facts_of(skb), source))
		return 1;
	if (!(source->loose & BPFRIG_LOOSE_SUM) && !ip_sum_is_right(head))
		return differs_at(1 + __builtin_offsetof(
					 struct bpfrig_frame, ip_csum));
	if (!port_is_right(&head->frame, source, ahead))
		return differs_at(1 + __builtin_offsetof(
					 struct bpfrig_frame, src_port));
	if (source->checksum && !udp_sum_is_right(&head->frame, source))
		return differs_at(1 + __builtin_offsetof(
					 struct bpfrig_frame, udp_csum));
	if (skb->len <= BPFRIG_HEAD || source->rest == BPFRIG_REST_ANY)
		return 0;
	return rest_differs(skb, source->rest);
}

/* Counts a number of a source's, and whether it comes after a higher one. */
static __always_inline void count_number(struct bpfrig_stack_count *count,
					 const struct bpfrig_source *source,
					 struct bpfrig_flow *flow, __u16 port,
					 __u32 seq)
{
	__u32 number = seq - source->first, lane, slot, shift;
	__u16 turn = port - source->port;
	__u64 *word;

	if (!source->lanes)
		return;
	if (source->loose & BPFRIG_LOOSE_PORT)
		turn = 0;
	if (number >= source->numbers) {
		count->unsent++;
		return;
	}
	lane = source->lane + turn / source->flows * source->lanes +
	       number % source->lanes;
	slot = lane / 8;
	word = bpf_map_lookup_elem(&seen, &slot);
	/* Other CPUs may add at the same time, but no more than 64 of them. */
	shift = BPFRIG_BYTE_SHIFT(lane & 7);
	if (word && (*word >> shift & 0xff) < BPFRIG_LANE_FULL)
		__sync_fetch_and_add(word, 1ULL << shift);
	if (!flow)
		count->unordered++;
	else if (seq + 1 < flow->next)
		count->reordered++;
	else
		flow->next = seq + 1;
}

#endif /* STACK_COMPARE_H */
