// SPDX-License-Identifier: GPL-2.0
/* Programs whose argument is nothing that the kernel knows as the context of XDP. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int drop_void(void *ctx)
{
	return ctx ? XDP_DROP : XDP_ABORTED;
}

SEC("xdp")
int drop_words(const __u32 *words)
{
	return words[0] != words[1] ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
