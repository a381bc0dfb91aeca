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

/* All ones for the pattern; without a branch, which would be walked twice. */
static __always_inline __u64 pattern_mask(__u32 rest)
{
	return 0 - (__u64)(rest & BPFRIG_REST_PATTERN);
}

/* The bytes of word at behind the head, from the source. */
static __always_inline __u64 rest_word(__u32 at, __u64 pattern)
{
	return (0x0706050403020100 + (at & 0xff) * 0x0101010101010101ULL) &
	       pattern;
}

/*
 * Functions that are not static are verified once, for any argument, and not
 * once for each way that leads to them. They take no pointers but skb: that
 * came after 5.10. So they look up the count, too, into which they write where
 * a frame differs.
 */
static __always_inline int differs_at(__u32 place)
{
	struct bpfrig_stack_count *count;
	__u32 zero = 0;

	count = bpf_map_lookup_elem(&stack_count, &zero);
	if (count)
		count->differs = place;
	return 1;
}

/* The scratch buffer holds a whole frame then. */
static __noinline int load_frame(struct __sk_buff *skb, struct scratch *buf)
{
	/* 5.10 forgets the bounds of a length that the compiler spills. */
	__u32 len = skb->len;

	if (!buf || len <= BPFRIG_HEAD || len > sizeof(*buf))
		return -1;
	return bpf_skb_load_bytes(skb, 0, buf, len);
}

/* Finds the first other byte in a chunk, which need not be whole. */
__noinline int chunk_differs(struct __sk_buff *skb, __u32 at, __u32 rest)
{
	__u64 pattern = pattern_mask(rest), diff;
	__u64 words[CHUNK_WORDS] = {};
	__u32 left = skb->len - at, k;

	if (at >= skb->len)
		return 0;
	if (left > CHUNK)
		left = CHUNK;
	/* 5.10 knows the bounds of a length only from a mask. */
	if (bpf_skb_load_bytes(skb, at, words, ((left - 1) & (CHUNK - 1)) + 1))
		return differs_at(BPFRIG_DIFFERS_LENGTH);
	for (k = 0; k < CHUNK_WORDS; k++) {
		if (8 * k >= left)
			break;
		diff = words[k] ^ rest_word(at + 8 * k, pattern);
		if (8 * k + 8 > left)
			diff &= ~0ULL >> 8 * (8 * k + 8 - left);
		if (diff)
			return differs_at(1 + at + 8 * k + first_byte(diff));
	}
	return 0;
}

/* Compares the bytes behind the head. */
__noinline int rest_differs(struct __sk_buff *skb, __u32 rest)
{
	__u64 pattern = pattern_mask(rest), diff;
	__u32 zero = 0, len = skb->len, i, k;
	struct scratch *buf;

	buf = bpf_map_lookup_elem(&scratch, &zero);
	if (!buf || load_frame(skb, buf))
		return differs_at(BPFRIG_DIFFERS_LENGTH);
	/* Whole chunks: two branches for each. */
	for (i = 1; i < CHUNKS; i++) {
		if (i * CHUNK + CHUNK > len)
			break;
		diff = 0;
		for (k = 0; k < CHUNK_WORDS; k++)
			diff |= buf->words[i * CHUNK_WORDS + k] ^
				rest_word(i * CHUNK + 8 * k, pattern);
		if (diff)
			break;
	}
	/* The chunk that differs, or the last one. */
	return chunk_differs(skb, i * CHUNK, rest);
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

static __noinline int head_differs(const union head *head,
				   const struct bpfrig_source *source)
{
	const __u64 *sent = (const void *)source->head;
	const __u64 *mask = (const void *)source->mask;
	int i;

	if (!head_diff(head, source))
		return 0;
	for (i = 0; i < BPFRIG_HEAD / 8; i++) {
		__u64 diff = (head->words[i] ^ sent[i]) & mask[i];

		if (diff)
			return differs_at(1 + 8 * i + first_byte(diff));
	}
	return 0;
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
		if (!(one->loose & BPFRIG_LOOSE_PORT) &&
		    (__u16)(port - one->port) >=
			    (__u32)one->flows * one->threads)
			continue;
		found = i;
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

/* Whether a frame is not byte for byte as sent, but for its IP id. */
static __always_inline int frame_differs(struct __sk_buff *skb,
					 const union head *head,
					 const struct bpfrig_source *source,
					 __u16 ahead)
{
	if (head_differs(head, source))
		return 1;
	if (!(source->loose & BPFRIG_LOOSE_TAG) && tag_of(skb) != source->tag)
		return differs_at(BPFRIG_DIFFERS_TAG);
	if (!(source->loose & BPFRIG_LOOSE_LENGTH) && skb->len != source->len)
		return differs_at(BPFRIG_DIFFERS_LENGTH);
	if (skb->ifindex != device.ifindex ||
	    skb->protocol != bpf_htons(ETH_P_IP))
		return differs_at(BPFRIG_DIFFERS_PLACE);
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
 * Compares one payload of an skb that GRO merged, as if the first frame's
 * headers were before it, and counts its number. Lengths and checksums in those
 * headers are those of all.
 */
__noinline int part_differs(struct __sk_buff *skb, __u32 slot, __u32 part)
{
	struct bpfrig_stack_count *count;
	struct bpfrig_source *source;
	union head head = {};
	__u32 zero = 0, at;
	__u16 port;

	count = bpf_map_lookup_elem(&stack_count, &zero);
	source = bpf_map_lookup_elem(&sources, &slot);
	if (!count || !source)
		return 0;
	at = PAYLOAD_AT + part * (source->len - PAYLOAD_AT);
	if (bpf_skb_load_bytes(skb, 0, &head, PAYLOAD_AT))
		return differs_at(BPFRIG_DIFFERS_LENGTH);
	if (bpf_skb_load_bytes(skb, at, &head.frame.magic,
			       BPFRIG_HEAD - PAYLOAD_AT) &&
	    bpf_skb_load_bytes(skb, at, &head.frame.magic,
			       BPFRIG_PADDING_AT - PAYLOAD_AT))
		return differs_at(BPFRIG_DIFFERS_LENGTH);
	port = bpf_ntohs(head.frame.src_port);
	count_number(count, source, flow_of(port), port,
		     bpf_ntohl(head.frame.seq));
	head.frame.ip_len = *(__u16 *)(source->head + 16);
	head.frame.udp_len = *(__u16 *)(source->head + 38);
	head.frame.udp_csum = *(__u16 *)(source->head + 40);
	return head_differs(&head, source);
}

/* An skb that GRO merged has the first frame's headers and all payloads. */
static __always_inline int merged_differs(struct __sk_buff *skb, __u32 slot,
					  const struct bpfrig_source *source)
{
	__u32 segs = skb->gso_segs, payload = source->len - PAYLOAD_AT, i;
	int differs = 0;

	if (skb->len != PAYLOAD_AT + segs * payload)
		differs = differs_at(BPFRIG_DIFFERS_LENGTH);
	if (tag_of(skb) != source->tag)
		differs = differs_at(BPFRIG_DIFFERS_TAG);
	for (i = 0; i < MERGED_MAX; i++) {
		if (i >= segs)
			break;
		differs |= part_differs(skb, slot, i);
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
	__u32 slot = slot_of(head);
	struct bpfrig_source *source;
	struct bpfrig_flow *flow;
	int differs;

	source = bpf_map_lookup_elem(&sources, &slot);
	if (!source) {
		count->unsent += skb->gso_segs ?: 1;
		differs_at(BPFRIG_DIFFERS_SOURCE);
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
	if (differs)
		return;
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
