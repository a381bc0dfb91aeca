/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MARK_H
#define MARK_H

#define MARK	0x6d61726b

struct sums {
	__u64 frames;
	__u64 marked;
};

#define SUMS(name)					\
	struct {					\
		__uint(type, BPF_MAP_TYPE_ARRAY);	\
		__uint(max_entries, 1);			\
		__type(key, __u32);			\
		__type(value, struct sums);		\
	} name SEC(".maps")

static __always_inline void count(void *map, int marked)
{
	__u32 key = 0;
	struct sums *sums = bpf_map_lookup_elem(map, &key);

	if (!sums)
		return;
	__sync_fetch_and_add(&sums->frames, 1);
	if (marked)
		__sync_fetch_and_add(&sums->marked, 1);
}

#endif /* MARK_H */
