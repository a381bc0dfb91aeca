/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames that have no number: their sources describe each of them by the hash
 * of all its bytes (harness/guest/frame-hash.ts computes the same).
 */
#ifndef STACK_DESCRIBED_H
#define STACK_DESCRIBED_H

#include "stack_maps.h"

#define HASH_SEED	0xcbf29ce484222325ULL
#define HASH_PRIME	0x100000001b3ULL
/* A frame is hashed in blocks, the last of which ends with zeroes. */
#define BLOCKS		64

/* The shift brings the upper bits down: a product alone leaves them there. */
static __always_inline __u64 mix(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * HASH_PRIME;
	return hash ^ hash >> 32;
}

/* Puts zeroes behind the end of a block, in its last chunk. */
static __always_inline void end_chunk(struct scratch *buf, __u32 left)
{
	__u32 last = (left - 1) & (BLOCK - CHUNK), tail = left - last, k;
	__u64 *words = &buf->words[last / 8];

	for (k = 0; k < CHUNK_WORDS; k++) {
		if (8 * k >= tail)
			words[k] = 0;
		else if (8 * k + 8 > tail)
			words[k] &= without_last(8 * k + 8 - tail);
	}
}

/* Hashes a block that is in the scratch buffer, in whole chunks. */
__noinline __u64 hash_words(__u32 left, __u64 hash)
{
	struct scratch *buf;
	__u32 zero = 0, i, k;

	buf = bpf_map_lookup_elem(&scratch, &zero);
	if (!buf)
		return hash;
	end_chunk(buf, left);
	for (i = 0; i < BLOCK_CHUNKS; i++) {
		if (i * CHUNK >= left)
			break;
		for (k = 0; k < CHUNK_WORDS; k++)
			hash = mix(hash, buf->words[i * CHUNK_WORDS + k]);
	}
	return hash;
}

OF_SKB __u64 hash_block(struct __sk_buff *skb, __u32 at,
				   __u64 hash)
{
	__u32 left = skb->len - at, zero = 0;
	struct scratch *buf;

	buf = bpf_map_lookup_elem(&scratch, &zero);
	if (!buf)
		return hash;
	if (left > BLOCK)
		left = BLOCK;
	/* 5.10 knows the bounds of a length only from a mask. */
	if (bpf_skb_load_bytes(skb, at, buf->words,
			       ((left - 1) & (BLOCK - 1)) + 1))
		return hash;
	return hash_words(left, hash);
}

OF_SKB __u64 hash_of(struct __sk_buff *skb)
{
	__u64 hash = mix(mix(HASH_SEED, skb->len), tag_of(skb));
	__u32 i;

	for (i = 0; i < BLOCKS; i++) {
		if (i * BLOCK >= skb->len)
			break;
		hash = hash_block(skb, i * BLOCK, hash);
	}
	return hash;
}

/* Counts an skb that is a described frame, byte for byte; else returns 0. */
OF_SKB int count_described(struct __sk_buff *skb)
{
	struct bpfrig_stack_count *count;
	__u64 hash = hash_of(skb), *came;
	__u32 zero = 0;

	came = bpf_map_lookup_elem(&described, &hash);
	count = bpf_map_lookup_elem(&stack_count, &zero);
	if (!came || !count || skb->ifindex != device.ifindex)
		return 0;
	__sync_fetch_and_add(came, 1);
	count->frames++;
	count->bytes += skb->len;
	count->unnumbered++;
	count->exact++;
	return 1;
}

/* Keeps the hash of one that is not. */
OF_SKB int note_stranger(struct __sk_buff *skb)
{
	struct bpfrig_changed *all;
	__u64 hash = hash_of(skb), one = 1;
	__u32 zero = 0;

	all = bpf_map_lookup_elem(&changed, &zero);
	/* Without room for it nothing is known of all of them. */
	if (all && bpf_map_update_elem(&strangers, &hash, &one, BPF_ANY))
		all->why |= BPFRIG_WHY_SCATTERED;
	return 0;
}

#endif /* STACK_DESCRIBED_H */
