// SPDX-License-Identifier: GPL-2.0
/* Two programs that count in the same global variables. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct limits {
	__u32 low;
	__u16 ports[3];
	_Bool strict;
};

__u64 seen;
int level = -5;
volatile const struct limits limits;
char label[16] = "none";

SEC("xdp")
int count(struct xdp_md *ctx)
{
	__sync_fetch_and_add(&seen, 1);
	return limits.strict ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int count_by_two(struct xdp_md *ctx)
{
	__sync_fetch_and_add(&seen, 2);
	return label[0] == 'n' && level < 0 ? XDP_ABORTED : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
