// SPDX-License-Identifier: GPL-2.0
/* A map as it was declared before BTF, and as aya's macros still declare it. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct map_def {
	__u32 type;
	__u32 key_size;
	__u32 value_size;
	__u32 max_entries;
	__u32 map_flags;
	__u32 id;
	__u32 pinning;
};

struct map_def SEC("maps") OLD_MAP = {
	.type = BPF_MAP_TYPE_CPUMAP,
	.key_size = 4,
	.value_size = 8,
	.max_entries = 12,
};

SEC("xdp")
int old_style(struct xdp_md *ctx)
{
	return bpf_redirect_map(&OLD_MAP, 2, XDP_PASS);
}

char LICENSE[] SEC("license") = "GPL";
