// SPDX-License-Identifier: GPL-2.0
/*
 * Counts what reaches the stack, as a classifier on tc ingress. It counts
 * bpfrig's own frames, compares each with what its source sent, counts how
 * often each number came, and logs the numbers in the order of arrival, in one
 * log per CPU.
 */
#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "bpfrig.h"
#include "frame.h"

volatile const struct bpfrig_device device;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bpfrig_stack_count);
} stack_count SEC(".maps");

/* CPU n's log begins at n * BPFRIG_ARRIVALS. The agent sets max_entries. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, BPFRIG_ARRIVALS);
	__type(key, __u32);
	__type(value, struct bpfrig_arrival);
} arrivals SEC(".maps");

/* The agent adds a source before it sends. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BPFRIG_SOURCES);
	__type(key, __u32);
	__type(value, struct bpfrig_source);
} sources SEC(".maps");

/* Eight lanes per entry: atomic additions exist for words only. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, BPFRIG_LANES / 8);
	__type(key, __u32);
	__type(value, __u64);
} seen SEC(".maps");

/* CPU n's flows begin at n * BPFRIG_FLOWS. The agent sets max_entries. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, BPFRIG_FLOWS);
	__type(key, __u32);
	__type(value, struct bpfrig_flow);
} flows SEC(".maps");

/* A frame as words, in a buffer whose bounds the verifier can check. */
#define CHUNK_WORDS	8
#define CHUNK		(8 * CHUNK_WORDS)
#define CHUNKS		(BPFRIG_FRAME_MAX / CHUNK)

struct scratch {
	__u64 words[CHUNKS * CHUNK_WORDS];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratch SEC(".maps");

/* The first bytes of a frame. */
union head {
	struct bpfrig_frame frame;
	__u64 words[BPFRIG_HEAD / 8];
	__u16 halves[BPFRIG_HEAD / 2];
};

#define IP_AT_HALVES	(ETH_HLEN / 2)
#define PAYLOAD_AT	__builtin_offsetof(struct bpfrig_frame, magic)
/* Of UDP GRO: UDP_GRO_CNT_MAX, net/ipv4/udp_offload.c. */
#define MERGED_MAX	64

static __always_inline __u32 fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

/* The lowest byte that is not 0. */
static __always_inline __u32 first_byte(__u64 word)
{
	__u32 i;

	for (i = 0; i < 7; i++)
		if (word >> 8 * i & 0xff)
			break;
	return i;
}

/* The bytes of word at behind the head, from the source. */
static __always_inline __u64 rest_word(__u32 at, __u64 pattern)
{
	return (0x0706050403020100 + (at & 0xff) * 0x0101010101010101ULL) &
	       pattern;
}

/* Compares the bytes behind the head: 1 and the number of the first other. */
static __noinline __u32 rest_differs(struct __sk_buff *skb, __u32 rest)
{
	__u64 pattern = rest == BPFRIG_REST_PATTERN ? ~0ULL : 0, diff;
	__u32 zero = 0, len = skb->len, at = CHUNK, i, k;
	struct scratch *buf;

	if (len <= BPFRIG_HEAD || rest == BPFRIG_REST_ANY)
		return 0;
	buf = bpf_map_lookup_elem(&scratch, &zero);
	if (!buf || len > sizeof(*buf) || bpf_skb_load_bytes(skb, 0, buf, len))
		return BPFRIG_DIFFERS_LENGTH;
	/* Whole chunks: one branch for each, which the verifier walks fast. */
	for (i = 1; i < CHUNKS; i++) {
		at = i * CHUNK;
		if (at + CHUNK > len)
			break;
		diff = 0;
		for (k = 0; k < CHUNK_WORDS; k++)
			diff |= buf->words[i * CHUNK_WORDS + k] ^
				rest_word(at + 8 * k, pattern);
		if (diff)
			break;
	}
	/* The chunk that differs, or the last one, which is not whole. */
	for (k = 0; k < CHUNK_WORDS && at < len; k++, at += 8) {
		if (at / 8 >= CHUNKS * CHUNK_WORDS)
			break;
		diff = buf->words[at / 8] ^ rest_word(at, pattern);
		if (at + 8 > len)
			diff &= ~0ULL >> 8 * (at + 8 - len);
		if (diff)
			return 1 + at + first_byte(diff);
	}
	return 0;
}

/* Which bytes of the head are not the source's, of those that it states. */
static __always_inline __u64 head_diff(const union head *head,
				       const struct bpfrig_source *source)
{
	const __u64 *sent = (const void *)source->head;
	const __u64 *mask = (const void *)source->mask;
	__u64 diff = 0;
	int i;

	for (i = 0; i < BPFRIG_HEAD / 8; i++)
		diff |= (head->words[i] ^ sent[i]) & mask[i];
	return diff;
}

static __always_inline __u32 head_differs(const union head *head,
					  const struct bpfrig_source *source)
{
	const __u64 *sent = (const void *)source->head;
	const __u64 *mask = (const void *)source->mask;
	int i;

	for (i = 0; i < BPFRIG_HEAD / 8; i++) {
		__u64 diff = (head->words[i] ^ sent[i]) & mask[i];

		if (diff)
			return 1 + 8 * i + first_byte(diff);
	}
	return 0;
}

/* The source of a frame: the one that sends such a head from its port. */
static __always_inline struct bpfrig_source *source_of(const union head *head)
{
	__u16 port = bpf_ntohs(head->frame.src_port);
	struct bpfrig_source *found = NULL, *one;
	__u32 i, slot;

	for (i = 0; i < BPFRIG_SOURCES; i++) {
		slot = i;
		one = bpf_map_lookup_elem(&sources, &slot);
		if (!one || !one->len)
			break;
		if (!(one->loose & BPFRIG_LOOSE_PORT) &&
		    (__u16)(port - one->port) >=
			    (__u32)one->flows * one->threads)
			continue;
		found = one;
		if (!head_diff(head, one))
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

static __always_inline __u32 tag_of(struct __sk_buff *skb)
{
	if (!skb->vlan_present)
		return 0;
	return (__u32)bpf_ntohs(skb->vlan_proto) << 16 |
	       (skb->vlan_tci & 0xffff);
}

/* 0 for a frame that is byte for byte as sent, but for its IP id. */
static __always_inline __u32 frame_differs(struct __sk_buff *skb,
					   const union head *head,
					   const struct bpfrig_source *source,
					   __u16 ahead)
{
	__u32 at = head_differs(head, source);

	if (at)
		return at;
	if (!(source->loose & BPFRIG_LOOSE_TAG) && tag_of(skb) != source->tag)
		return BPFRIG_DIFFERS_TAG;
	if (!(source->loose & BPFRIG_LOOSE_LENGTH) && skb->len != source->len)
		return BPFRIG_DIFFERS_LENGTH;
	if (skb->ifindex != device.ifindex ||
	    skb->protocol != bpf_htons(ETH_P_IP))
		return BPFRIG_DIFFERS_PLACE;
	if (!(source->loose & BPFRIG_LOOSE_SUM) && !ip_sum_is_right(head))
		return 1 + __builtin_offsetof(struct bpfrig_frame, ip_csum);
	if (!port_is_right(&head->frame, source, ahead))
		return 1 + __builtin_offsetof(struct bpfrig_frame, src_port);
	if (source->checksum && !udp_sum_is_right(&head->frame, source))
		return 1 + __builtin_offsetof(struct bpfrig_frame, udp_csum);
	return rest_differs(skb, source->rest);
}

/* Counts a number of a source's, and whether it comes after a higher one. */
static __always_inline void count_number(struct bpfrig_stack_count *count,
					 const struct bpfrig_source *source,
					 struct bpfrig_flow *flow, __u16 port,
					 __u32 seq)
{
	__u32 number = seq - source->first, lane, slot;
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
	if (word && (*word >> 8 * (lane & 7) & 0xff) < BPFRIG_LANE_FULL)
		__sync_fetch_and_add(word, 1ULL << 8 * (lane & 7));
	if (!flow)
		count->unordered++;
	else if (seq + 1 < flow->next)
		count->reordered++;
	else
		flow->next = seq + 1;
}

/*
 * An skb that GRO merged has the first frame's headers, with other lengths and
 * checksums, and then the payload of each: compares those headers and the part
 * of each payload that is in a head, and counts the numbers.
 */
static __noinline __u32 count_merged(struct __sk_buff *skb,
				     struct bpfrig_stack_count *count,
				     const struct bpfrig_source *source)
{
	__u32 payload, i, seq, segs = skb->gso_segs, differs = 0, at;
	struct bpfrig_flow *flow;
	union head head = {};
	__u16 port;

	if (!count || !source)
		return BPFRIG_DIFFERS_SOURCE;
	payload = source->len - PAYLOAD_AT;
	if (bpf_skb_load_bytes(skb, 0, &head, sizeof(head)))
		return BPFRIG_DIFFERS_LENGTH;
	if (skb->len != PAYLOAD_AT + segs * payload)
		differs = BPFRIG_DIFFERS_LENGTH;
	if (tag_of(skb) != source->tag)
		differs = BPFRIG_DIFFERS_TAG;
	port = bpf_ntohs(head.frame.src_port);
	flow = flow_of(port);
	for (i = 0; i < MERGED_MAX && i < segs; i++) {
		if (bpf_skb_load_bytes(skb, PAYLOAD_AT + i * payload,
				       &head.frame.magic, BPFRIG_HEAD - PAYLOAD_AT) &&
		    bpf_skb_load_bytes(skb, PAYLOAD_AT + i * payload,
				       &head.frame.magic,
				       BPFRIG_PADDING_AT - PAYLOAD_AT))
			return BPFRIG_DIFFERS_LENGTH;
		seq = bpf_ntohl(head.frame.seq);
		count_number(count, source, flow, port, seq);
		head.frame.ip_len = *(__u16 *)(source->head + 16);
		head.frame.udp_len = *(__u16 *)(source->head + 38);
		head.frame.udp_csum = *(__u16 *)(source->head + 40);
		at = head_differs(&head, source);
		if (at)
			differs = at;
	}
	return differs;
}

/* Loads what there is of the head; false for a frame that is not ours. */
static __always_inline bool load_head(struct __sk_buff *skb, union head *head)
{
	__u32 len = skb->len;

	if (len > BPFRIG_HEAD)
		len = BPFRIG_HEAD;
	/* By a helper: the first bytes can be outside the linear part. */
	if (len < sizeof(head->frame) || bpf_skb_load_bytes(skb, 0, head, len))
		return false;
	return frame_is_ours(&head->frame);
}

static __always_inline bool meta_is_seq(struct __sk_buff *skb, __u32 seq)
{
	__u32 *meta = (void *)(long)skb->data_meta;

	return (void *)(meta + 1) <= (void *)(long)skb->data && *meta == seq;
}

static __always_inline void log_arrival(struct __sk_buff *skb,
					struct bpfrig_stack_count *count,
					const struct bpfrig_frame *frame)
{
	__u32 slot = bpf_get_smp_processor_id() * BPFRIG_ARRIVALS +
		     count->skbs;
	struct bpfrig_arrival *arrival;

	if (count->skbs++ >= BPFRIG_ARRIVALS)
		return;
	arrival = bpf_map_lookup_elem(&arrivals, &slot);
	if (!arrival)
		return;
	arrival->seq = bpf_ntohl(frame->seq);
	arrival->src_port = bpf_ntohs(frame->src_port);
	arrival->len = skb->len;
}

/* Compares a frame with its source, and counts its number. */
static __always_inline void compare(struct __sk_buff *skb,
				    struct bpfrig_stack_count *count,
				    const union head *head)
{
	__u16 port = bpf_ntohs(head->frame.src_port), ahead = 0;
	__u32 segs = skb->gso_segs, differs;
	struct bpfrig_source *source = source_of(head);
	struct bpfrig_flow *flow;

	if (!source) {
		count->unsent += segs ?: 1;
		count->differs = BPFRIG_DIFFERS_SOURCE;
		return;
	}
	if (segs > 1) {
		differs = count_merged(skb, count, source);
	} else {
		flow = flow_of(port);
		ahead = id_ahead(&head->frame, source, flow);
		differs = frame_differs(skb, head, source, ahead);
		count_number(count, source, flow, port,
			     bpf_ntohl(head->frame.seq));
	}
	if (differs) {
		count->differs = differs;
	} else if (ahead) {
		count->ahead++;
		if (count->ahead_most < ahead)
			count->ahead_most = ahead;
	} else {
		count->exact++;
	}
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
	if (!load_head(skb, &head)) {
		count->others++;
		count->other_bytes += skb->len;
		return TC_ACT_UNSPEC;
	}
	count->frames += skb->gso_segs ?: 1;
	count->bytes += skb->len;
	compare(skb, count, &head);
	if (meta_is_seq(skb, head.frame.seq))
		count->metas++;
	log_arrival(skb, count, &head.frame);
	return TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "GPL";
