// SPDX-License-Identifier: GPL-2.0
/* A map of most types, with keys and values of several types. */
#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

enum verdict { VERDICT_PASS, VERDICT_DROP, VERDICT_COUNT };

struct flow {
	__be32 address;
	__be16 port;
	__u8 mac[6];
};

struct rule {
	enum verdict verdict;
	__s64 balance;
	char note[8];
	bool strict : 1;
	__u16 weights[2];
};

struct prefix {
	__u32 bits;
	__u8 address[4];
};

#define MAP(name, kind, key_type, value_type)			\
	struct {						\
		__uint(type, BPF_MAP_TYPE_##kind);		\
		__uint(max_entries, 8);				\
		__type(key, key_type);				\
		__type(value, value_type);			\
	} name SEC(".maps")

MAP(rules, HASH, struct flow, struct rule);
MAP(recent, LRU_HASH, __u64, __s32);
MAP(table, ARRAY, __u32, struct rule);
MAP(counts, PERCPU_HASH, __u32, __u64);
MAP(last, LRU_PERCPU_HASH, __u16, __u16);
MAP(totals, PERCPU_ARRAY, __u32, __u32);
MAP(devices, DEVMAP, __u32, __u32);
MAP(devices_by_id, DEVMAP_HASH, __u32, struct bpf_devmap_val);
MAP(cpus, CPUMAP, __u32, struct bpf_cpumap_val);

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 8);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix);
	__type(value, __u32);
} routes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 8);
	__type(value, __u32);
} waiting SEC(".maps");

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} one SEC(".maps"), two SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__uint(key_size, sizeof(__u32));
	__array(values, struct inner);
} sets SEC(".maps") = {
	.values = { [0] = &one },
};

/* Values that only libbpf can create, because the kernel reads their BTF. */
struct guarded {
	struct bpf_spin_lock lock;
	__u32 n;
};
MAP(locked, ARRAY, __u32, struct guarded);

__u64 found;

/* What it finds in both inner maps, by the outer one. */
SEC("xdp")
int find(struct xdp_md *ctx)
{
	__u32 first = 0, second = 1;
	struct inner *map;
	__u64 *value;

	map = bpf_map_lookup_elem(&sets, &first);
	value = map ? bpf_map_lookup_elem(map, &second) : NULL;
	if (value)
		found += *value;
	map = bpf_map_lookup_elem(&sets, &second);
	value = map ? bpf_map_lookup_elem(map, &second) : NULL;
	if (value)
		found += *value;
	return XDP_PASS;
}

/* For what leaves through an entry of a devmap. */
SEC("xdp/devmap")
int leave(struct xdp_md *ctx)
{
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
