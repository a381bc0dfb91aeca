// SPDX-License-Identifier: GPL-2.0
/* Programs of several types; a struct_ops program is loaded without those next to it. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct sock;

struct tcp_congestion_ops {
	__u32 (*ssthresh)(struct sock *sk);
	__u32 (*undo_cwnd)(struct sock *sk);
	char name[16];
} __attribute__((preserve_access_index));

SEC("tc")
int on_tc(struct __sk_buff *skb)
{
	return 0;
}

SEC("kprobe/do_nanosleep")
int on_kprobe(void *ctx)
{
	return 0;
}

SEC("fentry/do_nanosleep")
int on_fentry(void *ctx)
{
	return 0;
}

SEC("struct_ops/ssthresh")
__u32 BPF_PROG(on_ssthresh, struct sock *sk)
{
	return 2;
}

/* The verifier refuses it, and not the one before. */
SEC("struct_ops/undo_cwnd")
__u32 BPF_PROG(on_undo_cwnd, struct sock *sk)
{
	return *(volatile __u32 *)100;
}

SEC(".struct_ops")
struct tcp_congestion_ops two = {
	.ssthresh = (void *)on_ssthresh,
	.undo_cwnd = (void *)on_undo_cwnd,
	.name = "bpfrig_two",
};

char _license[] SEC("license") = "GPL";
