// SPDX-License-Identifier: GPL-2.0
/* Keeps a CPU busy in softirq context for eight seconds at the first packet. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define SECONDS 8
#define MANY (1 << 20)

struct span {
	__u64 end;
};

static long until(__u32 index, struct span *span)
{
	return bpf_ktime_get_ns() >= span->end;
}

static long longer(__u32 index, struct span *span)
{
	bpf_loop(MANY, until, span, 0);
	return bpf_ktime_get_ns() >= span->end;
}

SEC("xdp")
int spin(struct xdp_md *ctx)
{
	struct span span = { .end = bpf_ktime_get_ns() + SECONDS * 1000000000ULL };

	bpf_loop(MANY, longer, &span, 0);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
