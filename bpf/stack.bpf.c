// SPDX-License-Identifier: GPL-2.0
/*
 * Counts what reaches the stack, as a classifier on tc ingress. It counts
 * bpfrig's own frames, compares each with what was sent, and logs their numbers
 * in the order of arrival, in one log per CPU.
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

/* A frame as words, in a buffer whose bounds the verifier can check. */
#define WORDS	(BPFRIG_FRAME_MAX / 8)

struct scratch {
	__u64 words[WORDS];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratch SEC(".maps");

static __always_inline bool header_is_right(struct __sk_buff *skb,
					    const struct bpfrig_frame *frame)
{
	const __u16 *half = (const void *)&frame->version_ihl;
	__u32 sum = 0;
	int i;

	for (i = 0; i < 6; i++)
		if (frame->dst_mac[i] != device.mac[i])
			return false;
	/* With a correct IPv4 checksum, the sum of the header is all ones. */
	for (i = 0; i < 10; i++)
		sum += half[i];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff && skb->ifindex == device.ifindex &&
	       skb->protocol == bpf_htons(ETH_P_IP) &&
	       frame->src_ip == bpf_htonl(0xc6120001) &&	/* 198.18.0.1 */
	       frame->dst_ip == bpf_htonl(0xc6120101) &&	/* 198.18.1.1 */
	       skb->len == ETH_HLEN + bpf_ntohs(frame->ip_len) &&
	       frame->udp_len == bpf_htons(skb->len - ETH_HLEN - 20);
}

static __always_inline bool padding_is_right(struct __sk_buff *skb)
{
	struct scratch *buf;
	__u32 zero = 0, len = skb->len, i, pattern;
	__u64 all;

	buf = bpf_map_lookup_elem(&scratch, &zero);
	if (!buf || len < BPFRIG_PADDING_AT || len > sizeof(*buf))
		return false;
	if (bpf_skb_load_bytes(skb, 0, buf, len))
		return false;
	pattern = *(__u32 *)((void *)buf + BPFRIG_PATTERN_AT);
	all = pattern == bpf_htonl(BPFRIG_PATTERN) ? ~0ULL : 0;
	for (i = BPFRIG_PADDING_AT / 8; i < WORDS; i++) {
		__u64 expected, mask = ~0ULL;

		if (i * 8 >= len)
			break;
		expected = 0x0706050403020100 |
			   (i * 8 & 0xff) * 0x0101010101010101ULL;
		if (i * 8 < BPFRIG_PADDING_AT)
			mask <<= 8 * (BPFRIG_PADDING_AT - i * 8);
		if (i * 8 + 8 > len)
			mask &= ~0ULL >> 8 * (i * 8 + 8 - len);
		if ((buf->words[i] ^ (expected & all)) & mask)
			return false;
	}
	return true;
}

static __always_inline bool meta_is_seq(struct __sk_buff *skb, __u32 seq)
{
	__u32 *meta = (void *)(long)skb->data_meta;

	return (void *)(meta + 1) <= (void *)(long)skb->data && *meta == seq;
}

SEC("tc")
int count_ingress(struct __sk_buff *skb)
{
	struct bpfrig_stack_count *count;
	struct bpfrig_arrival *arrival;
	struct bpfrig_frame frame;
	__u32 zero = 0, slot;

	count = bpf_map_lookup_elem(&stack_count, &zero);
	if (!count)
		return TC_ACT_UNSPEC;
	/* By a helper: the first bytes can be outside the linear part. */
	if (bpf_skb_load_bytes(skb, 0, &frame, sizeof(frame)) ||
	    !frame_is_ours(&frame)) {
		count->others++;
		count->other_bytes += skb->len;
		return TC_ACT_UNSPEC;
	}
	count->frames += skb->gso_segs ?: 1;
	count->bytes += skb->len;
	if (header_is_right(skb, &frame) && padding_is_right(skb))
		count->exact++;
	if (meta_is_seq(skb, frame.seq))
		count->metas++;
	slot = bpf_get_smp_processor_id() * BPFRIG_ARRIVALS + count->skbs;
	if (count->skbs++ < BPFRIG_ARRIVALS) {
		arrival = bpf_map_lookup_elem(&arrivals, &slot);
		if (arrival) {
			arrival->seq = bpf_ntohl(frame.seq);
			arrival->src_port = bpf_ntohs(frame.src_port);
			arrival->len = skb->len;
		}
	}
	return TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "GPL";
