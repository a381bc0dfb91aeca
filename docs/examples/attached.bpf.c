// SPDX-License-Identifier: GPL-2.0
/* Programs for the places that attached.yaml names; each counts its runs. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>

__u64 filtered, shaped, counted, policed, connected, steered, opened;

SEC("xdp")
int filter(struct xdp_md *ctx)
{
	__sync_fetch_and_add(&filtered, 1);
	return XDP_PASS;
}

SEC("tc")
int shape(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&shaped, 1);
	return TC_ACT_UNSPEC;
}

SEC("tcx/ingress")
int count(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&counted, 1);
	return TC_ACT_UNSPEC;
}

SEC("tcx/ingress")
int police(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&policed, 1);
	return TC_ACT_UNSPEC;
}

SEC("cgroup/connect4")
int on_connect(struct bpf_sock_addr *ctx)
{
	__sync_fetch_and_add(&connected, 1);
	return 1;
}

__attribute__((noinline))
int slot0(struct xdp_md *ctx)
{
	volatile int ret = XDP_PASS;

	if (!ctx)
		return XDP_ABORTED;
	return ret;
}

SEC("xdp")
int dispatch(struct xdp_md *ctx)
{
	return slot0(ctx);
}

SEC("freplace")
int steer(struct xdp_md *ctx)
{
	__sync_fetch_and_add(&steered, 1);
	return XDP_PASS;
}

SEC("kprobe/security_file_open")
int on_open(struct pt_regs *ctx)
{
	__sync_fetch_and_add(&opened, 1);
	return 0;
}

char _license[] SEC("license") = "GPL";
