/* SPDX-License-Identifier: GPL-2.0 */
/* Maps and small helpers of the classifier: stack.bpf.c. */
#ifndef STACK_MAPS_H
#define STACK_MAPS_H

#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "bpfrig.h"

/*
 * A function that takes the skb. A global one is verified once, by itself,
 * which 6.1 needs: it follows the whole classifier for more than a million
 * instructions. A kernel without BTF does not know an argument as the context
 * and refuses such functions, so that they are verified where they are called.
 */
#ifdef WITHOUT_BTF
#define OF_SKB static __noinline
#else
#define OF_SKB __noinline
#endif

volatile const struct bpfrig_device device;
volatile struct bpfrig_stack_setup setup;

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

/* The hash of each frame that is described, and how often it came. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, BPFRIG_DESCRIBED);
	__type(key, __u64);
	__type(value, __u64);
} described SEC(".maps");

/* The hash of each frame that came and is not one of them. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, BPFRIG_STRANGERS);
	__type(key, __u64);
	__type(value, __u64);
} strangers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bpfrig_changed);
} changed SEC(".maps");

/* A frame as words, in a buffer whose bounds the verifier can check. */
#define CHUNK_WORDS	8
#define CHUNK		(8 * CHUNK_WORDS)
#define CHUNKS		(BPFRIG_FRAME_MAX / CHUNK)
/* What is loaded of a frame at a time where it can be longer than the buffer. */
#define BLOCK_CHUNKS	16
#define BLOCK		(BLOCK_CHUNKS * CHUNK)

/* The first bytes of a frame. */
union head {
	struct bpfrig_frame frame;
	__u64 words[BPFRIG_HEAD / 8];
	__u16 halves[BPFRIG_HEAD / 2];
};

/* With room for a load whose bounds the verifier takes from a mask. */
struct view {
	union head head;
	__u8 slack[ETH_HLEN];
};

/* What an skb says of itself, for functions that do not get it. */
struct facts {
	__u32 len;
	__u32 tag;
	__u32 ifindex;
	__u32 protocol;
};

struct scratch {
	__u64 words[CHUNKS * CHUNK_WORDS];
	struct view view;
	struct facts facts;
	__u32 slot;
	__u32 differs;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratch SEC(".maps");

#define IP_AT_HALVES	(ETH_HLEN / 2)
#define PAYLOAD_AT	__builtin_offsetof(struct bpfrig_frame, magic)
/* Of UDP GRO: UDP_GRO_CNT_MAX, net/ipv4/udp_offload.c. */
#define MERGED_MAX	64

static __always_inline __u32 fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

/* The first byte in memory that is not 0. */
static __always_inline __u32 first_byte(__u64 word)
{
	__u32 i;

	for (i = 0; i < 7; i++)
		if (word >> BPFRIG_BYTE_SHIFT(i) & 0xff)
			break;
	return i;
}

/*
 * All ones in a word but for its first bytes in memory, fewer than 8, which are
 * zeroes.
 */
static __always_inline __u64 without_first(__u32 bytes)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return ~0ULL >> 8 * bytes;
#else
	return ~0ULL << 8 * bytes;
#endif
}

/* All ones but for the last bytes in memory, fewer than 8. */
static __always_inline __u64 without_last(__u32 bytes)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return ~0ULL << 8 * bytes;
#else
	return ~0ULL >> 8 * bytes;
#endif
}

/* Eight bytes that are 0 to 7, in memory. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define COUNTING_UP	0x0001020304050607ULL
#else
#define COUNTING_UP	0x0706050403020100ULL
#endif

/*
 * Whether any word of those that were summed up differs. clang 19 would
 * otherwise compare each word by itself, and a verifier walk every combination
 * of the outcomes.
 */
static __always_inline bool any_bit(__u64 sum)
{
	barrier_var(sum);
	return sum != 0;
}

/* All ones for the pattern; without a branch, which would be walked twice. */
static __always_inline __u64 pattern_mask(__u32 rest)
{
	return 0 - (__u64)(rest & BPFRIG_REST_PATTERN);
}

/* The bytes of word at behind the head, from the source. */
static __always_inline __u64 rest_word(__u32 at, __u64 pattern)
{
	return (COUNTING_UP + (at & 0xff) * 0x0101010101010101ULL) & pattern;
}

/*
 * Functions that are not static are verified once, for any argument, and not
 * once for each way that leads to them: what has loops is one. They take no
 * pointers. Not skb, because only the kernel's BTF tells a verifier that it is
 * the context (btf_is_prog_ctx_type() in kernel/bpf/btf.c), and others came
 * after 5.10. What they compare is in the scratch buffer, and they look up the
 * count, into which they write where a frame differs.
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

static __always_inline __u32 tag_of(struct __sk_buff *skb)
{
	if (!skb->vlan_present)
		return 0;
	return (__u32)bpf_ntohs(skb->vlan_proto) << 16 |
	       (skb->vlan_tci & 0xffff);
}

#endif /* STACK_MAPS_H */
