// SPDX-License-Identifier: GPL-2.0
/*
 * The observers with empty bodies: the kernel's cost of calling a program at
 * each of these tracepoints, whatever the program does. For bpfrig bench.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("tp_btf/xdp_cpumap_enqueue")
int hollow_enqueue(void *ctx)
{
	return 0;
}

SEC("tp_btf/xdp_cpumap_kthread")
int hollow_kthread(void *ctx)
{
	return 0;
}

SEC("tp_btf/xdp_redirect")
int hollow_redirect(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
