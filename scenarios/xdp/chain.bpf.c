// SPDX-License-Identifier: GPL-2.0
/*
 * A dispatcher as libxdp's: each place is a function that another program
 * replaces, and goes on to the next one after the actions of its mask.
 */
#include "own_frame.h"

#define EMPTY 31	/* XDP_DISPATCHER_RETVAL: nothing is in this place */

struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct bpf_cpumap_val);
} cpus SEC(".maps");

/* The actions of each place after which the next one runs, as bits. */
volatile const __u32 go_on[3] = {
	1U << EMPTY | 1U << XDP_PASS,
	1U << EMPTY | 1U << XDP_PASS,
	1U << EMPTY | 1U << XDP_PASS,
};

__u64 counted;

#define PLACE(name)					\
	__attribute__((noinline))			\
	int name(struct xdp_md *ctx)			\
	{						\
		volatile int ret = EMPTY;		\
							\
		if (!ctx)				\
			return XDP_ABORTED;		\
		return ret;				\
	}

PLACE(place0)
PLACE(place1)
PLACE(place2)

SEC("xdp")
int dispatch(struct xdp_md *ctx)
{
	int ret;

	ret = place0(ctx);
	if (!(1U << (ret & 31) & go_on[0]))
		return ret;
	ret = place1(ctx);
	if (!(1U << (ret & 31) & go_on[1]))
		return ret;
	ret = place2(ctx);
	if (!(1U << (ret & 31) & go_on[2]))
		return ret;
	return XDP_PASS;
}

SEC("freplace")
int drop_odd(struct xdp_md *ctx)
{
	__s64 n = number(ctx);

	return n > 0 && n & 1 ? XDP_DROP : XDP_PASS;
}

SEC("freplace")
int count(struct xdp_md *ctx)
{
	__sync_fetch_and_add(&counted, 1);
	return XDP_PASS;
}

/* Every fourth goes to another CPU, and its entry's program runs there. */
SEC("freplace")
int steer(struct xdp_md *ctx)
{
	return number(ctx) & 3 ? XDP_PASS :
				 bpf_redirect_map(&cpus, 2, XDP_PASS);
}

char LICENSE[] SEC("license") = "GPL";
