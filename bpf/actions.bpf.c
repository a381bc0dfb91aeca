// SPDX-License-Identifier: GPL-2.0
/*
 * Counts the return values of an XDP program, as an fexit program on it. The
 * agent reads these instructions and loads a copy for each program; the only
 * addresses in them are those of the variable actions.
 *
 * It runs for every packet, so it does only one atomic addition, without a
 * helper call. The agent reads the counts through mmap, not through bpf(2).
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "bpfrig.h"

__u64 actions[BPFRIG_ACTIONS];

static __always_inline int count(__u32 act)
{
	if (act > XDP_REDIRECT)
		act = BPFRIG_ACTIONS - 1;
	__sync_fetch_and_add(&actions[act], 1);
	return 0;
}

/* An XDP program has one argument, so its return value is the second word. */
SEC("fexit/xdp")
int count_action(unsigned long long *ctx)
{
	return count(ctx[1]);
}

/*
 * Of a program whose argument is nothing that the kernel knows as the context
 * of XDP: to it, that is a function of five arguments (btf_distill_func_proto()
 * in kernel/bpf/btf.c). So is every program where the kernel has no BTF.
 */
SEC("fexit/xdp")
int count_action_of_five(unsigned long long *ctx)
{
	return count(ctx[5]);
}

char LICENSE[] SEC("license") = "GPL";
