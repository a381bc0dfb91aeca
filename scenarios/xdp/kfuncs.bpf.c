// SPDX-License-Identifier: GPL-2.0
/* Reads what a device knows of a packet, by the kernel's functions for that. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* As in include/net/xdp.h; only the type matters. */
enum xdp_rss_hash_type {
	XDP_RSS_TYPE_NONE,
};

extern int bpf_xdp_metadata_rx_timestamp(const struct xdp_md *ctx,
					 __u64 *timestamp) __ksym;
extern int bpf_xdp_metadata_rx_hash(const struct xdp_md *ctx, __u32 *hash,
				    enum xdp_rss_hash_type *type) __ksym;
extern int bpf_xdp_metadata_rx_vlan_tag(const struct xdp_md *ctx,
					__be16 *protocol,
					__u16 *tci) __ksym __weak;

/* What each function returned last, and how many packets there were. */
__s32 timestamp_err = 1;
__s32 hash_err = 1;
__s32 vlan_err = 1;
__u64 packets;
__u64 timestamp = 1;
__u32 hash;
__u32 hash_type = 1;

SEC("xdp")
int read_metadata(struct xdp_md *ctx)
{
	enum xdp_rss_hash_type type = 1;
	__u32 value = 0;
	__u64 time = 1;

	__sync_fetch_and_add(&packets, 1);
	timestamp_err = bpf_xdp_metadata_rx_timestamp(ctx, &time);
	timestamp = time;
	hash_err = bpf_xdp_metadata_rx_hash(ctx, &value, &type);
	hash = value;
	hash_type = type;
	return XDP_PASS;
}

SEC("xdp")
int read_vlan_tag(struct xdp_md *ctx)
{
	__be16 protocol = 0;
	__u16 tci = 1;

	__sync_fetch_and_add(&packets, 1);
	vlan_err = bpf_xdp_metadata_rx_vlan_tag(ctx, &protocol, &tci);
	return tci ? XDP_DROP : XDP_PASS;
}

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} table SEC(".maps");

/* Makes the table one of XDP programs. */
SEC("xdp")
int owner(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &table, 0);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
