// SPDX-License-Identifier: GPL-2.0
/* A program at a probe that somebody put into a program: of probed.*.s. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/usdt.bpf.h>

__u64 runs;
__s64 sum;		/* of the probe's argument */

SEC("usdt//root/probed:bpfrig:tick")
int BPF_USDT(on_tick, int left)
{
	__sync_fetch_and_add(&runs, 1);
	__sync_fetch_and_add(&sum, left);
	return 0;
}

char _license[] SEC("license") = "GPL";
