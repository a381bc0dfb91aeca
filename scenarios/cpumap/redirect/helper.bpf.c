// SPDX-License-Identifier: GPL-2.0
/*
 * Calls of bpf_redirect_map() that the stock programs do not make: flags and
 * indexes out of range, several calls in one run, and actions other than the
 * result of the call. The sequence number of a frame selects the call.
 */
#include "own_frame.h"

struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 4);	/* the guests' possible CPUs */
	__type(key, __u32);
	__type(value, struct bpf_cpumap_val);
} cpus SEC(".maps");

volatile const __u64 base;	/* wide_index adds it to the index */

/* Global, because older kernels refuse the BTF of static local variables. */
volatile const __u64 refused[8] = {
	4, 8, 16, 4 | XDP_PASS, 8 | XDP_PASS, 1ULL << 32, 1ULL << 63, ~0ULL,
};
volatile const __u32 beyond[4] = { 4, 5, 0x7fffffff, 0xffffffff };

/* libbpf 1.1 declares a 32-bit index, so the compiler would truncate it. */
static long (*redirect_map)(void *map, __u64 index, __u64 flags) =
	(void *)BPF_FUNC_redirect_map;

/* Entry 3 is empty. Of ten frames 1, 2, 3 and 4 have flags 0, 1, 2 and 3. */
SEC("xdp")
int empty_by_number(struct xdp_md *ctx)
{
	__s64 n = number(ctx);
	__u32 tenth = (__u32)n % 10;

	if (n < 0)
		return XDP_PASS;
	return redirect_map(&cpus, 3, (tenth > 0) + (tenth > 2) + (tenth > 5));
}

/* Entry 2 exists, but the flags have a bit that a cpumap does not accept. */
SEC("xdp")
int flags_refused(struct xdp_md *ctx)
{
	__s64 n = number(ctx);

	if (n < 0)
		return XDP_PASS;
	return redirect_map(&cpus, 2, refused[n & 7]);
}

/* Only the lower 32 bits of the index are used. */
SEC("xdp")
int wide_index(struct xdp_md *ctx)
{
	__s64 n = number(ctx);

	if (n < 0)
		return XDP_PASS;
	return redirect_map(&cpus, base + 2 + (n & 1), XDP_DROP);
}

/* Indexes at and beyond the end of a map for four possible CPUs. */
SEC("xdp")
int beyond_the_end(struct xdp_md *ctx)
{
	__s64 n = number(ctx);

	if (n < 0)
		return XDP_PASS;
	return redirect_map(&cpus, beyond[n & 3], XDP_DROP);
}

/*
 * Two calls, then XDP_REDIRECT, whatever the calls returned. Entries 0 to 2
 * exist, entry 3 is empty.
 */
SEC("xdp")
int two_calls(struct xdp_md *ctx)
{
	__s64 n = number(ctx);

	if (n < 0)
		return XDP_PASS;
	switch (n & 3) {
	case 0:	/* both find an entry: the second is used */
		redirect_map(&cpus, 1, 0);
		redirect_map(&cpus, 2, 0);
		break;
	case 1:	/* the second misses, the first had index 0 */
		redirect_map(&cpus, 0, 0);
		redirect_map(&cpus, 3, 0);
		break;
	case 2:	/* the second misses, the first had index 1 */
		redirect_map(&cpus, 1, 0);
		redirect_map(&cpus, 3, 0);
		break;
	case 3:	/* the second is refused because of its flags */
		redirect_map(&cpus, 0, 0);
		redirect_map(&cpus, 1, 4);
		break;
	}
	return XDP_REDIRECT;
}

/* The helper returns XDP_REDIRECT, the program another action. */
SEC("xdp")
int other_action(struct xdp_md *ctx)
{
	__s64 n = number(ctx);

	if (n < 0)
		return XDP_PASS;
	redirect_map(&cpus, 2, 0);
	return n & 1 ? XDP_DROP : XDP_PASS;
}

/* Odd frames return XDP_REDIRECT without a call; only even frames call. */
SEC("xdp")
int no_call(struct xdp_md *ctx)
{
	__s64 n = number(ctx);

	if (n < 0)
		return XDP_PASS;
	if (n & 1)
		return XDP_REDIRECT;
	redirect_map(&cpus, 2, 0);
	return XDP_PASS;
}

/* The same for live frames, which are all equal, so the program counts. */
static __u32 counted;

SEC("xdp")
int no_call_counted(struct xdp_md *ctx)
{
	if (number(ctx) < 0)
		return XDP_PASS;
	if (counted++ & 1)
		return XDP_REDIRECT;
	redirect_map(&cpus, 2, 0);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
