// SPDX-License-Identifier: GPL-2.0
/* libbpf does not find what these need, and asks no kernel. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern int bpf_no_such_kfunc(void) __ksym;

SEC("xdp")
int with_kfunc(struct xdp_md *ctx)
{
	return bpf_no_such_kfunc();
}

char _license[] SEC("license") = "GPL";
