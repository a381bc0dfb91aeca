// SPDX-License-Identifier: GPL-2.0
/* Values of many types in maps, variables and records, for expectations to read. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

enum verdict { ACCEPTED, REFUSED = 7 };

struct flow {
	__be32 src;
	__be32 dst;
	__u8 mac[6];
	__u8 proto : 4;
	__u8 version : 4;
	__u8 pad;
};

struct counts {
	__u64 packets;
	__u64 bytes;
	enum verdict last;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct flow);
	__type(value, struct counts);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 64);
	__type(key, __u8);
	__type(value, struct counts);
} by_proto SEC(".maps");

struct prefix {
	__u32 length;
	__be32 net;
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 8);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix);
	__type(value, enum verdict);
} routes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} samples SEC(".maps");

/* Only a local variable has this type: BTF does not have it. */
struct sample {
	char device[4];
	__be32 src;
	__u64 huge;
	enum verdict verdict;
	__u32 number;
};

__u64 huge = 0xfedcba9876543210ull;
_Bool seen;
char name[16] = "nothing";
enum verdict last;
struct counts all;
static __u32 hidden;

SEC("xdp")
int decode(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);
	struct sample sample = { "vet", 0, huge, REFUSED, 0 };
	struct counts *counts, one = { 1, end - (void *)eth, REFUSED, 0 };
	struct prefix prefix = { 32, 0 };
	struct flow flow = { 0 };
	enum verdict *verdict;

	if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	flow.src = prefix.net = sample.src = ip->saddr;
	flow.dst = ip->daddr;
	flow.proto = ip->protocol & 15;
	flow.version = ip->version;
	__builtin_memcpy(flow.mac, eth->h_dest, sizeof(flow.mac));
	counts = bpf_map_lookup_elem(&flows, &flow);
	if (counts) {
		__sync_fetch_and_add(&counts->packets, 1);
		__sync_fetch_and_add(&counts->bytes, one.bytes);
	} else {
		bpf_map_update_elem(&flows, &flow, &one, BPF_ANY);
	}
	counts = bpf_map_lookup_elem(&by_proto, &ip->protocol);
	if (counts)
		counts->packets++;
	else
		bpf_map_update_elem(&by_proto, &ip->protocol, &one, BPF_ANY);
	verdict = bpf_map_lookup_elem(&routes, &prefix);
	if (verdict)
		last = *verdict;
	seen = 1;
	name[0] = 's';
	__sync_fetch_and_add(&all.packets, 1);
	sample.number = hidden++;
	bpf_perf_event_output(ctx, &samples, BPF_F_CURRENT_CPU, &sample, sizeof(sample));
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
