// SPDX-License-Identifier: GPL-2.0
/* One small program for each place in the network stack; each counts its runs. */
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include "own_frame.h"

__u64 runs;		/* of the program that a scenario attaches */
__u64 more;		/* of a second one */

static __always_inline void count(__u64 *sum)
{
	__sync_fetch_and_add(sum, 1);
}

SEC("xdp")
int xdp_drop_ours(struct xdp_md *ctx)
{
	if (!ours(ctx))
		return XDP_PASS;
	count(&runs);
	return XDP_DROP;
}

/* Counts bpfrig's own frames, and lets the next program decide. */
static __always_inline int count_skb(struct __sk_buff *skb, __u64 *sum)
{
	struct bpfrig_frame frame;

	if (!bpf_skb_load_bytes(skb, 0, &frame, sizeof(frame)) &&
	    frame_is_ours(&frame))
		count(sum);
	return TC_ACT_UNSPEC;
}

SEC("tc")
int tc_count(struct __sk_buff *skb)
{
	return count_skb(skb, &runs);
}

SEC("tc")
int tc_drop(struct __sk_buff *skb)
{
	count_skb(skb, &runs);
	return TC_ACT_SHOT;
}

SEC("tcx/ingress")
int tcx_count(struct __sk_buff *skb)
{
	return count_skb(skb, &runs);
}

SEC("tcx/egress")
int tcx_count_egress(struct __sk_buff *skb)
{
	return count_skb(skb, &more);
}

SEC("netkit/primary")
int netkit_count(struct __sk_buff *skb)
{
	count(&runs);
	return -1;		/* NETKIT_NEXT */
}

/* An echo request, whose IP header is there. */
static __always_inline bool is_echo_at(struct __sk_buff *skb, __u32 offset)
{
	struct iphdr ip;
	__u8 type;

	return !bpf_skb_load_bytes(skb, offset, &ip, sizeof(ip)) &&
	       ip.protocol == IPPROTO_ICMP &&
	       !bpf_skb_load_bytes(skb, offset + sizeof(ip), &type,
				   sizeof(type)) &&
	       type == 8;
}

/* Of a packet without a link layer. */
static __always_inline bool is_echo(struct __sk_buff *skb)
{
	return is_echo_at(skb, 0);
}

SEC("tcx/ingress")
int tcx_count_echo(struct __sk_buff *skb)
{
	if (is_echo_at(skb, sizeof(struct ethhdr)))
		count(&runs);
	return TC_ACT_UNSPEC;
}

SEC("tcx/ingress")
int tcx_drop_echo(struct __sk_buff *skb)
{
	if (!is_echo_at(skb, sizeof(struct ethhdr)))
		return TC_ACT_UNSPEC;
	count(&more);
	return TC_ACT_SHOT;
}

SEC("cgroup_skb/egress")
int skb_no_echo(struct __sk_buff *skb)
{
	if (!is_echo(skb))
		return 1;
	count(&runs);
	return 0;
}

SEC("cgroup/sock_create")
int sock_count(struct bpf_sock *sk)
{
	count(&runs);
	return 1;
}

SEC("cgroup/connect4")
int connect_refuse(struct bpf_sock_addr *ctx)
{
	if (ctx->user_port != bpf_htons(7000))
		return 1;
	count(&runs);
	return 0;
}

SEC("cgroup/setsockopt")
int setsockopt_count(struct bpf_sockopt *ctx)
{
	count(&runs);
	return 1;
}

SEC("cgroup/dev")
int dev_refuse(struct bpf_cgroup_dev_ctx *ctx)
{
	/* /dev/kmsg */
	if (ctx->major != 1 || ctx->minor != 11)
		return 1;
	count(&runs);
	return 0;
}

struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u32);
} socks SEC(".maps");

/* Puts both ends of connections to port 7000 into the map. */
SEC("sockops")
int keep_socks(struct bpf_sock_ops *ctx)
{
	__u32 key = ctx->op;

	if (key != BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB &&
	    key != BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB)
		return 1;
	if (ctx->local_port != 7000 &&
	    bpf_ntohl(ctx->remote_port) != 7000)
		return 1;
	count(&more);
	bpf_sock_hash_update(ctx, &socks, &key, BPF_ANY);
	return 1;
}

SEC("sk_msg")
int msg_count(struct sk_msg_md *msg)
{
	count(&runs);
	return SK_PASS;
}

/* Kernels before 5.13 want both. */
SEC("sk_skb/stream_parser")
int parse_all(struct __sk_buff *skb)
{
	return skb->len;
}

SEC("sk_skb/stream_verdict")
int verdict_count(struct __sk_buff *skb)
{
	count(&runs);
	return SK_PASS;
}

SEC("sk_lookup")
int lookup_refuse(struct bpf_sk_lookup *ctx)
{
	if (ctx->local_port != 7000)
		return SK_PASS;
	count(&runs);
	return SK_DROP;
}

SEC("flow_dissector")
int dissect_none(struct __sk_buff *skb)
{
	count(&runs);
	return BPF_DROP;
}

SEC("lwt_out")
int lwt_count(struct __sk_buff *skb)
{
	if (is_echo(skb))
		count(&runs);
	return BPF_OK;
}

SEC("lwt_xmit")
int lwt_drop(struct __sk_buff *skb)
{
	if (!is_echo(skb))
		return BPF_OK;
	count(&runs);
	return BPF_DROP;
}

SEC("lwt_seg6local")
int seg6_count(struct __sk_buff *skb)
{
	count(&runs);
	return BPF_OK;
}

SEC("lwt_seg6local")
int seg6_drop(struct __sk_buff *skb)
{
	count(&runs);
	return BPF_DROP;
}

char _license[] SEC("license") = "GPL";
