// SPDX-License-Identifier: GPL-2.0
/* Drops what comes from addresses on a list, counts, and reports each drop. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct event {
	__be32 src;
	__u32 len;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __be32);
	__type(value, __u32);
} blocklist SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} events SEC(".maps");

__u64 total;
volatile const __u32 sample = 1;	/* one of so many drops is reported */

static __always_inline __u64 count(__u32 i)
{
	__u64 *n = bpf_map_lookup_elem(&stats, &i);

	return n ? (*n)++ : 0;
}

SEC("xdp")
int filter(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);
	struct event *e;
	__u64 n;

	if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	__sync_fetch_and_add(&total, 1);
	if (!bpf_map_lookup_elem(&blocklist, &ip->saddr)) {
		count(0);
		return XDP_PASS;
	}
	n = count(1);
	if (sample && n % sample)
		return XDP_DROP;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (e) {
		e->src = ip->saddr;
		e->len = end - (void *)(long)ctx->data;
		bpf_ringbuf_submit(e, 0);
	}
	return XDP_DROP;
}

/* Not loaded by itself: a loader has to ask for it. */
SEC("?xdp")
int drop_all(struct xdp_md *ctx)
{
	count(1);
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
